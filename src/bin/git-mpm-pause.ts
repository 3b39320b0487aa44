import { start } from './start.ts';

await start({ as: 'git', subcommand: 'mpm-pause', command: 'pause' });
