import { phone } from './browser.ts';
import { testPages } from './pages.ts';

testPages('phone', phone);
