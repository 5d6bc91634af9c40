/** npm run build */

import { build } from './bootstrap.mjs';

build();
