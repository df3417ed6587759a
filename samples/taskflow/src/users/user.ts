/** What others may see of a user: never the e-mail address or the password hash. */
export interface PublicUser {
  id: number;
  username: string;
}

/** What a user sees of itself. */
export interface Account extends PublicUser {
  email: string;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewUser {
  email: string;
  username: string;
  password: string;
}

/** Fields left out stay as they are; a new password needs the current one. */
export interface AccountPatch {
  email?: string;
  username?: string;
  newPassword?: string;
  currentPassword?: string;
}
