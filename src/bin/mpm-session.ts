import { start } from './start.ts';

await start({ as: 'mpm-session' });
