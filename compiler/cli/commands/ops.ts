import { ExitCode } from '../../diagnostics.js';
import { operatorTable } from '../../import/op-table.js';
import { tableLines } from '../../report/table.js';
import { print, printJson } from '../output.js';

/** The table of operators that the importer itself uses. */
export async function opsCommand(args: { readonly json?: boolean }): Promise<ExitCode> {
  const operators = operatorTable.map(({ op, domain, fromOpset, toOpset, support, limits }) => ({
    op,
    domain,
    fromOpset,
    toOpset,
    support,
    limits,
  }));
  if (args.json === true) await printJson({ schema: 'rivulet.ops/1', operators });
  else {
    const rows = operators.map((o) => [
      o.domain === '' ? o.op : `${o.domain}.${o.op}`,
      `${o.fromOpset}-${o.toOpset}`,
      o.support + (o.limits === '' ? '' : ` (${o.limits})`),
    ]);
    await print(
      `${tableLines(
        [
          { head: 'operator', align: 'left' },
          { head: 'opset', align: 'left' },
          { head: 'supported', align: 'left' },
        ],
        rows,
      ).join('\n')}\n`,
    );
  }
  return ExitCode.ok;
}
