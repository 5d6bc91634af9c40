/** ONNX bytes -> Graph: what the file says, and what its quantisation means. */

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { type Diagnostic, ExitCode, RivuletError } from '../diagnostics.js';
import { maxOperators } from '../import/limits.js';
import { errorDiagnostic, NodeProblem, ProblemList } from '../import/problems.js';
import { type ImportOptions, type ModelFile, readModel } from '../import/read-model.js';
import type { ConstantOutput } from '../ir/constant-output.js';
import type { Graph } from '../ir/graph.js';
import { countMacs, countParameters } from '../ir/graph-size.js';
import { foldBatchNorm } from '../passes/fold-batchnorm.js';
import { type FloatParts, isQuantised, resolve } from '../quantise/resolve/resolve.js';

export interface ModelInfo {
  readonly name: string;
  /** Of the file's bytes, in hexadecimal. */
  readonly sha256: string;
  readonly opset: number;
  readonly irVersion: number;
  readonly parameters: number;
  /** Multiply-accumulates, padded taps counted. */
  readonly macs: number;
  readonly isQuantised: boolean;
}

export interface ModelOptions extends ImportOptions {
  /** What becomes of the parts of a quantised network that are in floating point (resolve.ts): integers by default. */
  readonly floatParts?: FloatParts;
}

export interface ImportResult {
  readonly graph: Graph;
  readonly info: ModelInfo;
  /** Outputs of the file that no input changes: they are not among the graph's. */
  readonly constantOutputs: readonly ConstantOutput[];
  /** Warnings and notes. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a model. Throws a RivuletError that lists every problem: exit code 2 for a file that is not valid ONNX or
 * whose shapes are not known, 3 for what is not supported.
 */
export function importModel(file: ModelFile, options: ModelOptions = {}): ImportResult {
  const problems = new ProblemList();
  try {
    return readAndResolve(file, options, problems);
  } catch (error) {
    if (error instanceof RivuletError) throw error;
    if (error instanceof NodeProblem) {
      problems.error(error.code, error.message, error.subject, error.hint);
      problems.throwIfErrors();
    }
    // Out of memory or stack for a file of absurd sizes; a mistake of ours otherwise.
    if (error instanceof RangeError)
      throw new RivuletError(ExitCode.usage, [
        errorDiagnostic('E304', `the model is too large or nested too deeply: ${error.message}`),
      ]);
    throw error;
  }
}

function readAndResolve(file: ModelFile, options: ModelOptions, problems: ProblemList): ImportResult {
  const { raw, constantOutputs, opset, irVersion } = readModel(file, options, problems);
  const graph = resolve(raw, problems, options.floatParts);
  if (graph.nodes.length > maxOperators)
    problems.error('E206', `the network has ${graph.nodes.length} operators; up to ${maxOperators} are supported`);
  problems.throwIfErrors();
  // A BatchNormalization costs nothing where a convolution takes it in.
  const counted = foldBatchNorm(graph);
  return {
    graph,
    info: {
      name: raw.name,
      sha256: bytesToHex(sha256(file.bytes)),
      opset,
      irVersion,
      parameters: countParameters(counted),
      macs: countMacs(counted),
      isQuantised: isQuantised(raw),
    },
    constantOutputs,
    diagnostics: problems.list(),
  };
}
