/** The only file whose import has an effect. */
import { main } from './main.ts';

void main(process);
