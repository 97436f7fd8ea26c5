import { desktop } from './browser.ts';
import { testPages } from './pages.ts';

testPages('desktop', desktop);
