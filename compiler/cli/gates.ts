/** Gates for continuous integration: what a plan may take, whatever the board has. They choose nothing. */

import type { Options } from 'yargs';
import type { Diagnostic, DiagnosticCode } from '../diagnostics.js';
import type { PlanDocument } from '../report/plan-document.js';
import { counted } from '../util/format.js';
import { parseBytes } from './arguments.js';

export const gateFlags = {
  'max-sram': {
    type: 'string',
    describe: 'exit code 4 where the plan has a higher peak SRAM; it is planned as without',
  },
  'max-flash': { type: 'string', describe: 'exit code 4 where constants and code take more flash' },
} as const satisfies Readonly<Record<string, Options>>;

export interface GateArguments {
  readonly maxSram?: string;
  readonly maxFlash?: string;
}

/** In bytes; null: no gate. */
export interface Gates {
  readonly sramBytes: number | null;
  readonly flashBytes: number | null;
}

/** E110 (exit 2) where one is no size. */
export const gatesOf = ({ maxSram, maxFlash }: GateArguments): Gates => ({
  sramBytes: maxSram === undefined ? null : parseBytes('max-sram', maxSram),
  flashBytes: maxFlash === undefined ? null : parseBytes('max-flash', maxFlash),
});

/** E502 and E503 for the gates that a plan does not pass. */
export function gateProblems(document: PlanDocument, gates: Gates): readonly Diagnostic[] {
  const { weights, code } = document.cost.flashBytes;
  return [
    ...over('E502', 'peak SRAM', document.memory.peakSramBytes, gates.sramBytes, 'max-sram'),
    ...over('E503', 'flash', weights + code, gates.flashBytes, 'max-flash'),
  ];
}

function over(
  code: DiagnosticCode,
  what: string,
  bytes: number,
  most: number | null,
  flag: keyof typeof gateFlags,
): readonly Diagnostic[] {
  if (most === null || bytes <= most) return [];
  return [
    {
      code,
      severity: 'error',
      message: `the plan takes ${counted(bytes, 'byte')} of ${what}, ${counted(bytes - most, 'byte')} more than --${flag}`,
      hint:
        flag === 'max-sram'
          ? `--sram ${most} plans within it, --objective sram finds the least; or raise --${flag}`
          : `a smaller network, or raise --${flag}`,
    },
  ];
}
