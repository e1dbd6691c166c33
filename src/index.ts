/** With `quiet` the only file whose import has an effect. */
import './quiet.ts';
import { main } from './main.ts';

void main(process);
