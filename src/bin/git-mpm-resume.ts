import { start } from './start.ts';

await start({ as: 'git', subcommand: 'mpm-resume', command: 'resume' });
