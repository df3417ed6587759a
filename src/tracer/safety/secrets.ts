/** Names of properties, parameters and query fields whose values never leave the process; case-insensitive, anywhere in the name. */
export const SECRET_NAMES =
  'pass(word|wd|phrase|code)|^pass$|^pwd$|secret|token|authori[sz]ation|cookie|api[-_]?key|credential|session[-_]?id|private[-_]?key|card[-_]?number|^cvv$|^ssn$';
