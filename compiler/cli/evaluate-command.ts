/** The user's own command that scores a network: `--evaluate-command "python eval.py {onnx}"`. */

import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExitCode, printable, RivuletError } from '../diagnostics.js';
import type { CommandSubject } from '../pipeline/search-model.js';

export interface EvaluateCommand {
  /** With {onnx} for the path of a float model, or {moves} for that of a JSON file of its moves. */
  readonly text: string;
  readonly timeoutSeconds: number;
}

/** Kept of what a command prints, for the message where it fails. */
const keptCharacters = 300;
const longestOutput = 1 << 20;

/** The number on the last line that the command prints; E184 (exit 6) where it fails, takes too long or prints none. */
export async function runEvaluateCommand(
  { text, timeoutSeconds }: EvaluateCommand,
  folder: string,
  { number, description, onnx }: CommandSubject,
): Promise<number> {
  const place = join(folder, String(number));
  mkdirSync(place, { recursive: true });
  const [onnxPath, movesPath] = [join(place, 'net.onnx'), join(place, 'moves.json')];
  writeFileSync(movesPath, description);
  if (text.includes('{onnx}')) writeFileSync(onnxPath, onnx());
  const command = text.replaceAll('{onnx}', quoted(onnxPath)).replaceAll('{moves}', quoted(movesPath));
  const { output, errors, ended } = await ran(command, timeoutSeconds);
  const last = output.trim().split('\n').at(-1)?.trim() ?? '';
  const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(last) ? Number(last) : NaN;
  if (ended === null && Number.isFinite(value)) return value;
  const said = (errors.trim() === '' ? output : errors).trim().slice(-keptCharacters);
  throw new RivuletError(ExitCode.toolMissing, [
    {
      code: 'E184',
      severity: 'error',
      node: number === 0 ? 'the original' : `network ${number}`,
      message:
        (ended ?? `the command's last line is no number: "${printable(last, 80)}"`) +
        (said === '' ? '' : `; it said: ${printable(said, keptCharacters)}`),
      hint: 'its last line is to be a number, larger for better; --evaluate-timeout allows more seconds; --resume goes on from here',
    },
  ]);
}

interface Run {
  readonly output: string;
  readonly errors: string;
  /** Why it has no result; null where it ended well. */
  readonly ended: string | null;
}

function ran(command: string, timeoutSeconds: number): Promise<Run> {
  return new Promise((resolve) => {
    // A group of its own, so that what the command started ends with it.
    const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let [output, errors] = ['', ''];
    let isLate = false;
    child.stdout.on('data', (data: Buffer) => {
      output = (output + data.toString('utf8')).slice(-longestOutput);
    });
    child.stderr.on('data', (data: Buffer) => {
      errors = (errors + data.toString('utf8')).slice(-longestOutput);
    });
    const timer = setTimeout(() => {
      isLate = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, timeoutSeconds * 1000);
    const done = (ended: string | null): void => {
      clearTimeout(timer);
      resolve({ output, errors, ended: isLate ? `the command took more than ${timeoutSeconds} s` : ended });
    };
    child.on('error', (error) => done(`the command cannot be started: ${error.message}`));
    child.on('close', (code, signal) => {
      done(code === 0 ? null : `the command ended with ${signal === null ? `code ${code}` : signal}`);
    });
  });
}

const quoted = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;
