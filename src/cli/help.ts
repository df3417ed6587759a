export const HELP = `NodeScope: see what a running Node.js process does, without restarting or stopping it.

  nodescope list   [--json]
      the Node processes here: pid, argv, cwd, inspector state
  nodescope plan   TARGET [--ask TEXT] [--workspace DIR] [--strategy minimal|balanced|full] [--out FILE] [--json]
      which probes answer a question, with a reason and a predicted cost each; traces nothing
  nodescope record TARGET [--plan FILE | --ask TEXT | --probe 'FILE#NAME' ...] [--duration 10s] [--out DIR] [--json]
      attach, trace, leave; without --duration until Ctrl-C or the process ends
  nodescope report RECORDING [--json]
      findings, slowest, errors, completeness, overhead
  nodescope query  RECORDING [--type T] [--function F] [--from T --to T] [--text TEXT] [--limit N] [--json]
  nodescope state  RECORDING --at T [--watch PATH] [--json]
      the watched state at a moment, and what changed it last

  TARGET     --pid N | --port N | --ws URL   (several allowed), or -- node app.js
  RECORDING  its folder, its id, or "latest"
  T          a time since the start of the recording: 1.5s, 200ms, or nanoseconds
`;
