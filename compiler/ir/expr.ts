/**
 * Real functions of one variable: what stands between a DequantizeLinear and a QuantizeLinear when it depends
 * elementwise on one quantised tensor (SiLU, HardSwish, x * sigmoid(x), Clip ...). Evaluated in double precision
 * on the 256 codes of the input, such a function becomes a table.
 */
export type Expr =
  | { readonly fn: 'x' }
  | { readonly fn: 'constant'; readonly value: number }
  | { readonly fn: BinaryFn; readonly a: Expr; readonly b: Expr }
  | { readonly fn: UnaryFn; readonly a: Expr }
  | { readonly fn: 'clip'; readonly a: Expr; readonly min: number; readonly max: number }
  | { readonly fn: 'leakyRelu' | 'elu' | 'celu' | 'thresholdedRelu'; readonly a: Expr; readonly alpha: number }
  | { readonly fn: 'hardSigmoid'; readonly a: Expr; readonly alpha: number; readonly beta: number }
  | { readonly fn: 'selu'; readonly a: Expr; readonly alpha: number; readonly gamma: number };

export type BinaryFn = 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'pow';
export type UnaryFn =
  | 'relu'
  | 'sigmoid'
  | 'tanh'
  | 'hardSwish'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'abs'
  | 'neg'
  | 'reciprocal'
  | 'softplus'
  | 'softsign'
  | 'erf'
  | 'gelu'
  | 'mish'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'sign'
  | 'sin'
  | 'cos';
