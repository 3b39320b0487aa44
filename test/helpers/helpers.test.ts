import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { createRepository, layouts, repositoryAt } from './repository.ts';
import { runBin, runCommand, runGit, runProgram } from './run.ts';
import {
  failAt,
  killAt,
  type StoreCall,
  storeCalls,
  straceAvailable,
  type TracedCommand,
} from './strace.ts';
import { hermeticEnv, temporaryDirectory, temporaryHome } from './temporary.ts';
import { openTerminal } from './terminal.ts';

const isBuilt = existsSync(fileURLToPath(new URL('../../dist/bin', import.meta.url)));

const node = (script: string, cwd = temporaryDirectory()) => ({
  program: process.execPath,
  args: ['--input-type=module', '-e', script],
  cwd,
  env: hermeticEnv(cwd),
});

describe('a temporary directory', () => {
  let left = '';

  it('takes names that are not UTF-8 and directories without permissions', () => {
    left = temporaryDirectory();
    const inner = Buffer.concat([Buffer.from(`${left}/`), Buffer.from([0xff, 0xfe])]);
    mkdirSync(inner);
    writeFileSync(Buffer.concat([inner, Buffer.from('/file')]), '');
    mkdirSync(path.join(left, 'locked'));
    writeFileSync(path.join(left, 'locked/file'), '');
    chmodSync(path.join(left, 'locked'), 0o500);
    chmodSync(inner, 0);
    expect(readdirSync(left)).toHaveLength(2);
  });

  it('is gone when its test has ended', () => {
    expect(left).not.toBe('');
    expect(existsSync(left)).toBe(false);
  });
});

describe('the hermetic environment', () => {
  it('holds nothing of the process that runs the tests', () => {
    for (const name of ['GIT_DIR', 'GIT_INDEX_FILE', 'CI', 'CLAUDECODE', 'EDITOR', 'VSCODE_PID']) {
      vi.stubEnv(name, '/from/outside');
    }
    vi.stubEnv('NODE_EXTRA_CA_CERTS', '/from/outside');
    const home = temporaryHome();
    expect(hermeticEnv(home)).toEqual({
      PATH: expect.stringContaining(path.delimiter),
      HOME: home,
      XDG_CONFIG_HOME: path.join(home, '.config'),
      TMPDIR: home,
      GIT_CONFIG_NOSYSTEM: '1',
      TZ: 'UTC',
      LANG: 'C.UTF-8',
    });
    vi.unstubAllEnvs();
  });

  it('keeps the configuration of the machine and its user away from git', () => {
    const real = temporaryDirectory();
    writeFileSync(path.join(real, '.gitconfig'), '[user]\n\tname = Real Person\n');
    vi.stubEnv('HOME', real);
    vi.stubEnv('GIT_CONFIG_COUNT', '1');
    vi.stubEnv('GIT_CONFIG_KEY_0', 'user.name');
    vi.stubEnv('GIT_CONFIG_VALUE_0', 'Real Person');
    const repository = createRepository();
    repository.commit('first');
    expect(repository.git('log', '-1', '--format=%an')).toBe('Test Person\n');
    expect(repository.git('config', '--show-origin', '--get', 'init.defaultBranch')).toContain(
      repository.home,
    );
    vi.unstubAllEnvs();
  });
});

describe('MPM_TEST_GIT', () => {
  const fakeGit = (body: string) => {
    const git = path.join(temporaryDirectory(), 'git');
    writeFileSync(git, `#!/bin/sh\n${body}\n`);
    chmodSync(git, 0o755);
    return git;
  };

  it('chooses the git that is found first', () => {
    const execPath = spawnSync('git', ['--exec-path'], { encoding: 'utf8' }).stdout.trim();
    const git = fakeGit(`exec ${execPath}/git "$@"`);
    vi.stubEnv('MPM_TEST_GIT', git);
    const { PATH } = hermeticEnv('/home');
    expect(PATH?.split(path.delimiter)[0]).toBe(path.dirname(git));
    vi.unstubAllEnvs();
  });

  it('is refused when the subcommands of that git would come from elsewhere', () => {
    vi.stubEnv('MPM_TEST_GIT', fakeGit('echo /nowhere/libexec/git-core'));
    expect(() => hermeticEnv('/home')).toThrow('bin-wrappers/git');
    vi.unstubAllEnvs();
  });

  it('is refused when it is no absolute path', () => {
    vi.stubEnv('MPM_TEST_GIT', 'git');
    expect(() => hermeticEnv('/home')).toThrow('absolute path');
    vi.unstubAllEnvs();
  });
});

describe('a test repository', () => {
  it.each(layouts.filter((layout) => layout !== 'bare'))('can be worked in: %s', (layout) => {
    const repository = createRepository({ layout });
    const oid = repository.commit('first', { 'a file': 'a', 'dir/-b': 'b' });
    repository.write('untracked', '');
    expect(repository.git('rev-parse', '--show-toplevel')).toBe(`${repository.path}\n`);
    expect(repository.git('rev-parse', 'HEAD')).toBe(`${oid}\n`);
    expect(repository.git('ls-files', '-z')).toBe('a file\0dir/-b\0');
    expect(repository.git('status', '--porcelain')).toBe('?? untracked\n');
    expect(repository.git('symbolic-ref', '--short', 'HEAD')).toBe(
      layout === 'linked-worktree' ? 'linked\n' : 'main\n',
    );
  });

  it('can be bare', () => {
    const repository = createRepository({ layout: 'bare' });
    expect(repository.git('rev-parse', '--is-bare-repository')).toBe('true\n');
  });

  it.each(layouts.filter((layout) => layout !== 'bare'))('can have SHA-256 ids: %s', (layout) => {
    const repository = createRepository({ layout, objectFormat: 'sha256' });
    expect(repository.commit('first')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('takes names that are bytes', () => {
    const repository = createRepository();
    repository.write(Buffer.from([0x66, 0xff]), 'content');
    expect(repository.gitBytes('ls-files', '-z', '--others')).toEqual(
      Buffer.from([0x66, 0xff, 0x00]),
    );
  });

  it('leaves other changes alone when it commits', () => {
    const repository = createRepository();
    repository.commit('first', { a: '1', b: '1' });
    repository.write('b', '2');
    repository.commit('second', { a: '2' });
    expect(repository.git('status', '--porcelain')).toBe(' M b\n');
  });

  it('fails with what git said', () => {
    const repository = createRepository();
    expect(() => repository.git('rev-parse', '--verify', 'nothing')).toThrow(/fatal: .*revision/);
  });

  it('shares its HOME with a clone', () => {
    const repository = createRepository();
    repository.commit('first');
    const target = path.join(temporaryDirectory(), 'clone');
    repository.git('clone', '--quiet', '.', target);
    const clone = repositoryAt(target, repository.home);
    expect(clone.git('rev-parse', '--abbrev-ref', '@{upstream}')).toBe('origin/main\n');
  });
});

describe('running a command', () => {
  it('reports code, output and errors', async () => {
    const script = 'console.log("out"); console.error("err"); process.exitCode = 3';
    expect(await runCommand(node(script))).toEqual({
      code: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('passes input on, and none when there is none', async () => {
    const script = 'process.stdin.pipe(process.stdout)';
    expect((await runCommand({ ...node(script), input: 'text' })).stdout).toBe('text');
    expect((await runCommand(node(script))).stdout).toBe('');
  });

  it('does not mind a program that reads nothing of its input', async () => {
    const run = await runCommand({ ...node(''), input: Buffer.alloc(4 * 1024 * 1024) });
    expect(run.code).toBe(0);
  });

  it('lets no program find a terminal, that of the tests least of all', async () => {
    const script = `import fs from 'node:fs';
      import { execFileSync } from 'node:child_process';
      try { fs.openSync('/dev/tty', 'r'); } catch (error) { console.log(error.code); }
      console.log(process.stdin.isTTY);
      // A session leader leads its process group too.
      const group = execFileSync('ps', ['-o', 'pgid=', '-p', String(process.pid)]);
      console.log(Number(group) === process.pid);`;
    expect((await runCommand(node(script))).stdout).toBe('ENXIO\nundefined\ntrue\n');
  });

  it('says which signal ended the program', async () => {
    const run = await runCommand(node('process.kill(process.pid, "SIGKILL")'));
    expect(run).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  it('ends what hangs, with all that it started', async () => {
    const command = node(`import { spawn } from 'node:child_process';
      const child = spawn('sleep', ['60'], { stdio: 'inherit' });
      console.error(child.pid);
      child.on('exit', () => {});`);
    const error = await runCommand({ ...command, timeout: 1000 }).catch((caught) => caught);
    expect(error.message).toContain('did not end within 1000 ms');
    const sleeper = Number(/^\d+$/m.exec(error.message)?.[0]);
    await expect.poll(() => isRunning(sleeper)).toBe(false);
  });

  it.skipIf(isBuilt)('says that the program has to be built', async () => {
    const run = runProgram([], { cwd: '/', env: {} });
    await expect(run).rejects.toThrow('npm run build');
  });

  it('knows the bins of package.json and no others', async () => {
    const run = runBin('git-mpm-nothing', [], { cwd: '/', env: {} });
    await expect(run).rejects.toThrow('git-mpm-nothing');
  });

  it.skipIf(!isBuilt)('lets git find our subcommands', async () => {
    const run = await runGit(createRepository(), ['mpm-pause', '-h']);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('mpm-pause') });
  });
});

describe('a terminal', () => {
  const terminalOn = (script: string) => {
    const { program, args, cwd, env } = node(script);
    return openTerminal(program, args, { cwd, env, columns: 100, rows: 30 });
  };
  let left = 0;

  it('echoes what is typed, and gives it to the program', async () => {
    const cwd = temporaryDirectory();
    const terminal = openTerminal('cat', [], { cwd, env: hermeticEnv(cwd) });
    terminal.type('hello\r');
    await terminal.waitFor(/hello\nhello\n/);
    expect(terminal.screen()).toEqual({ raw: 'hello\r\nhello\r\n', text: 'hello\nhello\n' });
    left = terminal.pid;
  });

  it('kills its program when the test has ended', async () => {
    expect(left).toBeGreaterThan(0);
    await expect.poll(() => isRunning(left)).toBe(false);
  });

  it('is one for the program, and as large as asked for', async () => {
    const terminal = terminalOn(`import fs from 'node:fs';
      fs.openSync('/dev/tty', 'r');
      const { stdin, stdout } = process;
      console.log(stdin.isTTY, stdout.isTTY, stdout.columns, stdout.rows);`);
    await terminal.waitFor(/true true 100 30/);
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
  });

  it('waits for the next time when the same is shown again', async () => {
    const terminal = terminalOn(`import readline from 'node:readline/promises';
      const lines = readline.createInterface({ input: process.stdin, output: process.stdout });
      const first = await lines.question('name? ');
      const second = await lines.question('name? ');
      console.log('got', first, second);
      lines.close();`);
    await terminal.waitFor(/name\? /);
    terminal.type('one\r');
    await terminal.waitFor(/name\? /);
    terminal.type('two\r');
    const [, names] = await terminal.waitFor(/got (.*)\n/);
    expect(names).toBe('one two');
  });

  it('shows text without escape sequences', async () => {
    const shown = '\\x1b[1;31mred\\x1b[0m \\x1b]0;title\\x07A\\x1b]8;;u\\x1b\\\\B\\x1b(B\\x1b=C';
    const terminal = terminalOn(`process.stdout.write('${shown}')`);
    await terminal.exit;
    expect(terminal.screen().text).toBe('red ABC');
    expect(terminal.screen().raw).toContain('\x1b[1;31mred');
  });

  it('sends Ctrl-C as a signal', async () => {
    const terminal = terminalOn('console.log("ready"); setInterval(() => {}, 1000)');
    await terminal.waitFor(/ready/);
    terminal.type('\x03');
    expect(await terminal.exit).toEqual({ code: null, signal: 'SIGINT' });
  });

  it('tells what was shown when it waited in vain', async () => {
    const ended = terminalOn('console.log("other"); process.exitCode = 5');
    await expect(ended.waitFor(/never/)).rejects.toThrow(/program ended \(5\).*\n.*other/s);
    const silent = terminalOn('setInterval(() => {}, 1000)');
    await expect(silent.waitFor(/never/, 200)).rejects.toThrow('within 200 ms');
  });
});

describe.skipIf(!straceAvailable())('faults at system calls', { timeout: 60_000 }, () => {
  /** Writes `content` over `target` with a temporary file, durably. */
  const replaceFile = `import fs from 'node:fs';
    fs.writeFileSync('elsewhere', 'not below root');
    const random = 'root/.tmp-' + Math.random().toString(36).slice(2);
    const fd = fs.openSync(random, 'wx', 0o600);
    fs.writeSync(fd, 'new');
    fs.fsyncSync(fd);
    fs.closeSync(fd);
    fs.renameSync(random, 'root/target');
    console.log('done');`;

  const traced = (script: string): TracedCommand => {
    const command = node(script);
    const root = path.join(command.cwd, 'root');
    mkdirSync(root);
    writeFileSync(path.join(root, 'target'), 'old');
    return { ...command, root };
  };
  const contentOf = (command: TracedCommand) =>
    readFileSync(path.join(command.root, 'target'), 'utf8');
  const shape = (call: StoreCall | undefined) =>
    call && [call.name, call.path.replace(/tmp-.*/, 'tmp')];
  const find = (calls: readonly StoreCall[], name: string, file: RegExp): StoreCall => {
    const found = calls.find((call) => call.name === name && file.test(call.path));
    if (found === undefined) throw new Error(`no ${name} of ${file}: ${JSON.stringify(calls)}`);
    return found;
  };

  it('lists exactly the calls that change the directory, in order', async () => {
    const calls = await storeCalls(() => traced(replaceFile));
    expect(calls.map(shape)).toEqual([
      ['openat', '.tmp'],
      ['write', '.tmp'],
      ['fsync', '.tmp'],
      ['rename', 'target'],
    ]);
    expect(calls.at(-1)?.from).toMatch(/^\.tmp-/);
    // The write of `elsewhere` counts for strace.
    expect(calls[1]?.when).toBeGreaterThan(1);
    expect(calls.every((call) => call.thread === 'main' && call.git === undefined)).toBe(true);
  });

  it('kills before each of them: the file is old until the rename is done', async () => {
    const calls = await storeCalls(() => traced(replaceFile));
    for (const [index, call] of calls.entries()) {
      const { command, ...run } = await killAt(() => traced(replaceFile), call);
      expect(shape(run.hit)).toEqual(shape(call));
      expect(run).toMatchObject({ code: null, signal: 'SIGKILL', stdout: '' });
      expect(contentOf(command)).toBe('old');
      expect(readdirSync(command.root)).toHaveLength(index === 0 ? 1 : 2);
    }
  });

  it('lets a call fail with an error that the program can see', async () => {
    const script = `import fs from 'node:fs';
      try { fs.renameSync('root/target', 'root/moved'); } catch (error) { console.log(error.code); }`;
    const rename = find(await storeCalls(() => traced(script)), 'rename', /moved/);
    const { command, ...run } = await failAt(() => traced(script), rename, 'ENOSPC');
    expect(run).toMatchObject({ code: 0, stdout: 'ENOSPC\n', hit: rename, tries: 1 });
    expect(contentOf(command)).toBe('old');
  });

  it.each([
    { before: 5, now: 8 },
    { before: 8, now: 5 },
  ])('finds a call whose number has changed from $before to $now', async ({ before, now }) => {
    const afterOthers = (others: number) =>
      traced(`import fs from 'node:fs';
        for (let n = 0; n < ${others}; n += 1) fs.writeFileSync('elsewhere', 'text');
        const fd = fs.openSync('root/target', 'w');
        for (const text of ['one', 'two', 'three', 'four', 'five']) fs.writeSync(fd, text);`);
    const calls = await storeCalls(() => afterOthers(before));
    const [, second] = calls.filter(({ name }) => name === 'write');
    if (second === undefined) throw new Error('no second write');
    const run = await killAt(() => afterOthers(now), second);
    expect(run.hit).toEqual({ ...second, when: second.when + now - before });
    expect(run.tries).toBeGreaterThan(1);
    expect(contentOf(run.command)).toBe('one');
  });

  it('cuts a run short that hangs because a wrong call was hit', async () => {
    const twoRenames = () => {
      const command = traced(`import fs from 'node:fs';
        const rename = (from, to) => {
          try { fs.renameSync(from, to); } catch (error) { return error.code; }
        };
        if (rename('elsewhere', 'moved')) setInterval(() => {}, 1000);
        console.log(rename('root/target', 'root/moved'));`);
      writeFileSync(path.join(command.cwd, 'elsewhere'), '');
      return command;
    };
    const rename = find(await storeCalls(twoRenames), 'rename', /moved/);
    const started = performance.now();
    const run = await failAt(twoRenames, { ...rename, when: 1 }, 'EIO');
    expect(run).toMatchObject({ code: 0, stdout: 'EIO\n', hit: rename, tries: 2 });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('gives up when the call does not come', async () => {
    const call = find(await storeCalls(() => traced(replaceFile)), 'rename', /target/);
    await expect(killAt(() => traced(''), call)).rejects.toThrow('did not hit rename of target');
  });

  it('sees every way to change a directory', async () => {
    const calls = await storeCalls(() =>
      traced(`import fs from 'node:fs';
        fs.chmodSync('root', 0o700);
        fs.mkdirSync('root/dir');
        fs.symlinkSync('nowhere', 'root/dir/symlink');
        fs.linkSync('root/target', 'root/li"n<k>\\n\\u00fc');
        fs.utimesSync('root/target', 1, 1);
        const fd = fs.openSync('root/target', 'r+');
        fs.ftruncateSync(fd, 1);
        fs.fchmodSync(fd, 0o600);
        fs.futimesSync(fd, 1, 1);
        fs.fdatasyncSync(fd);
        fs.writevSync(fd, [Buffer.from('a'), Buffer.from('b')]);
        fs.writeSync(fd, 'root', 0);
        fs.closeSync(fd);
        fs.copyFileSync('root/target', 'root/copy');
        fs.unlinkSync('root/copy');
        const directory = fs.openSync('root', 'r');
        fs.fsyncSync(directory);
        fs.writeFileSync('/proc/self/fd/' + directory + '/through', '');
        fs.renameSync('root/dir', 'dir');
        fs.readFileSync('root/target');
        process.chdir('root');
        fs.mkdirSync('inner');
        fs.rmdirSync('inner');`),
    );
    // How the content of a copy is written depends on the kernel and the file system.
    const isCopying = (call: StoreCall) =>
      call.path === 'copy' && !/^(?:openat|unlink)$/.test(call.name);
    expect(calls.some(isCopying)).toBe(true);
    const seen = calls.filter((call) => !isCopying(call)).map(shape);
    expect(seen).toEqual([
      ['chmod', '.'],
      ['mkdir', 'dir'],
      ['symlink', 'dir/symlink'],
      ['link', 'li"n<k>\nü'],
      ['utimensat', 'target'],
      ['openat', 'target'],
      ['ftruncate', 'target'],
      ['fchmod', 'target'],
      ['utimensat', 'target'],
      ['fdatasync', 'target'],
      ['writev', 'target'],
      ['pwrite64', 'target'],
      ['openat', 'copy'],
      ['unlink', 'copy'],
      ['fsync', '.'],
      ['openat', 'through'],
      ['rename', expect.stringMatching(/^\/.*\/dir$/)],
      ['mkdir', 'inner'],
      ['rmdir', 'inner'],
    ]);
  });

  it('refuses to list the calls of a command that fails', async () => {
    await expect(storeCalls(() => traced('process.exitCode = 1'))).rejects.toThrow(
      'without any fault',
    );
  });

  it('reaches asynchronous calls in their own thread', async () => {
    const script = `import fs from 'node:fs/promises';
      await fs.rename('root/target', 'root/moved');`;
    const rename = find(await storeCalls(() => traced(script)), 'rename', /moved/);
    expect(rename.thread).toBe('other');
    const { command, ...run } = await killAt(() => traced(script), rename);
    expect(run).toMatchObject({ signal: 'SIGKILL', hit: rename });
    expect(contentOf(command)).toBe('old');
  });

  it('is not led astray by what another thread has done as often before', async () => {
    const script = `import fs from 'node:fs';
      for (let n = 0; n < 50; n += 1) await fs.promises.stat('.');
      fs.writeFileSync('root/target', 'new');`;
    const write = find(await storeCalls(() => traced(script)), 'write', /target/);
    const { command, ...run } = await failAt(() => traced(script), write, 'EIO');
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('EIO'), tries: 1 });
    expect(contentOf(command)).toBe('');
  });

  it('keeps the order between threads, and what they have opened for each other', async () => {
    const calls = await storeCalls(() =>
      traced(`import fs from 'node:fs';
        const root = await fs.promises.open('root');
        fs.writeFileSync('/proc/self/fd/' + root.fd + '/through', '');
        for (let n = 0; n < 3; n += 1) {
          await fs.promises.rename('root/target', 'root/moved');
          fs.renameSync('root/moved', 'root/target');
        }`),
    );
    expect(calls.map((call) => [call.name, call.path, call.thread])).toEqual([
      ['openat', 'through', 'main'],
      ...Array(3)
        .fill([
          ['rename', 'moved', 'other'],
          ['rename', 'target', 'main'],
        ])
        .flat(),
    ]);
  });

  describe('in a git process that the program starts', () => {
    /** Renames a file itself before git renames its lock file: both are a first rename. */
    const configure = `import { spawn } from 'node:child_process';
      import { once } from 'node:events';
      import fs from 'node:fs';
      fs.renameSync('root/target', 'root/moved');
      fs.renameSync('root/moved', 'root/target');
      for (const args of [['a.first', '1'], ['a.second', '2']]) {
        const [code] = await once(spawn('git', ['config', ...args], { cwd: 'root' }), 'exit');
        console.log(args[0], code);
      }
      fs.writeFileSync('root/target', 'new');`;

    const inRepository = (): TracedCommand => {
      const repository = createRepository();
      const { program, args } = node(configure);
      repository.write('target', 'old');
      return {
        program,
        args: args.map((arg) => arg.replaceAll("'root", `'${repository.path}`)),
        cwd: repository.path,
        env: repository.env,
        root: repository.path,
      };
    };
    const valuesIn = (command: TracedCommand) => {
      const config = readFileSync(path.join(command.root, '.git/config'), 'utf8');
      return /\[a\]\n([^[]*)/.exec(config)?.[1]?.replace(/[\t\n]/g, '');
    };
    const isLocked = (command: TracedCommand) =>
      existsSync(path.join(command.root, '.git/config.lock'));
    /** The second git puts its new configuration in place. */
    const secondRename = async () => {
      const calls = await storeCalls(inRepository);
      return find(calls.reverse(), 'rename', /^\.git\/config$/);
    };

    it('lists its calls among those of the program', async () => {
      const calls = await storeCalls(inRepository);
      const renames = calls.filter(({ name }) => name === 'rename');
      expect(renames.map((call) => [call.path, call.git?.ordinal])).toEqual([
        ['moved', undefined],
        ['target', undefined],
        ['.git/config', 1],
        ['.git/config', 2],
      ]);
      expect(renames.at(-1)).toMatchObject({
        from: '.git/config.lock',
        when: 1,
        thread: 'main',
        git: { args: ['config', 'a.second', '2'] },
      });
      expect(shape(calls.at(-1))).toEqual(['write', 'target']);
    });

    it('kills the program with it, and no other git', async () => {
      const rename = await secondRename();
      const { command, ...run } = await killAt(inRepository, rename);
      expect(run).toMatchObject({ signal: 'SIGKILL', stdout: 'a.first 0\n', hit: rename });
      expect(valuesIn(command)).toBe('first = 1');
      expect(isLocked(command)).toBe(true);
      expect(contentOf(command)).toBe('old');
    });

    it('lets it fail alone, and the program go on', async () => {
      const rename = await secondRename();
      const { command, ...run } = await failAt(inRepository, rename, 'EACCES');
      expect(run.hit).toEqual(rename);
      expect(run.stdout).toMatch(/^a\.first 0\na\.second [1-9]/);
      expect(valuesIn(command)).toBe('first = 1');
      expect(isLocked(command)).toBe(false);
      expect(contentOf(command)).toBe('new');
    });

    it('spares it when a call of the program is meant', async () => {
      const openings = (await storeCalls(inRepository)).filter(
        ({ name, git }) => name === 'openat' && git === undefined,
      );
      const opening = find(openings, 'openat', /^target$/);
      const { command, ...run } = await killAt(inRepository, opening);
      expect(run.hit).toMatchObject({ name: 'openat', path: 'target' });
      expect(valuesIn(command)).toBe('first = 1second = 2');
      expect(contentOf(command)).toBe('old');
    });
  });
});

/** A zombie does not run, however long its parent lets it lie. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return /^[^Z]/.test(stdout.trim());
}
