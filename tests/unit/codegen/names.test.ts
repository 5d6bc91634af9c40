import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkNetName, commentText, netNameFrom } from '../../../compiler/codegen/names.js';
import { RivuletError } from '../../../compiler/diagnostics.js';

describe('netNameFrom', () => {
  it.each([
    ['mcunet-vww80-int8.onnx', 'mcunet_vww80_int8'],
    ['Größe & Co', 'gro_e_co'],
    ['3d.onnx', 'net_3d'],
    ['', 'network'],
    ['*/ int main(void) {', 'int_main_void'],
    ['__x__', 'x'],
    ['string', 'net_string'],
    ['test', 'net_test'],
    ['rv_conv', 'net_rv_conv'],
    ['a-name-that-goes-on-and-on-and-never-ends', 'a_name_that_goes_on_and_on_and_n'],
  ])('makes %j into %s', (name, net) => {
    expect(netNameFrom(name)).toBe(net);
  });

  it('always gives a name that --name accepts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
        const net = netNameFrom(name);
        expect(checkNetName(net)).toBe(net);
      }),
    );
  });
});

describe('checkNetName', () => {
  it.each(['Net', '1net', 'net-1', 'a__b', 'a_', '_a', 'rv_x', 'stdio', 'x'.repeat(33), ''])(
    'refuses %j and proposes another',
    (name) => {
      let thrown: unknown;
      try {
        checkNetName(name);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeInstanceOf(RivuletError);
      expect((thrown as RivuletError).diagnostics[0].code).toBe('E120');
      expect((thrown as RivuletError).diagnostics[0].hint).toMatch(/--name [a-z0-9_]+$/);
    },
  );
});

describe('commentText', () => {
  it('leaves nothing that ends a comment, continues a line or is a trigraph', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('*', '/', '?', '\\', '\n', 'a', '\u2028', 'ä')), (parts) => {
        const text = commentText(parts.join(''));
        expect(text).not.toMatch(/\*\/|\/\*|\?\?|\\|[^\x20-\x7e]/);
      }),
    );
  });

  it('keeps ordinary names', () => {
    expect(commentText('backbone/stage.1/Conv_12:0')).toBe('backbone/stage.1/Conv_12:0');
  });
});
