import { ExitCode, RivuletError } from '../diagnostics.js';

/** E601 (exit 6) where `running` is older than `least`; both are versions such as 20.19.0, of two parts or more. */
export function requireNode(running: string, least: string): void {
  const [have, want] = [running, least].map((version) => version.split('.').map(Number));
  if (have[0] > want[0] || (have[0] === want[0] && have[1] >= want[1])) return;
  throw new RivuletError(ExitCode.toolMissing, [
    {
      code: 'E601',
      severity: 'error',
      message: `rivulet needs Node ${least} or later; this is Node ${running}`,
      hint: 'https://nodejs.org has newer ones, and so have version managers such as nvm and fnm',
    },
  ]);
}
