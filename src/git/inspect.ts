import {
  type BranchName,
  type Head,
  isOid,
  type Oid,
  type Operation,
  type WorkTreeStatus,
} from '../session/git-state.ts';
import { type BranchIdentities, readIdentities } from './branch-identity.ts';
import { operationIn, readHeadFile, usesReftable } from './layout.ts';
import { ask, type Repository } from './repository.ts';
import { parseStatus } from './status.ts';

/** Everything about the moment that a session records, but for the newest commits. */
export interface Inspection extends WorkTreeStatus {
  readonly operation: Operation | null;
  readonly identities: BranchIdentities;
}

/** Two processes side by side: `git status` and the branches' identities. */
export async function inspect(repository: Repository): Promise<Inspection> {
  const [status, identities] = await Promise.all([
    readStatus(repository),
    readIdentities(repository),
  ]);
  return {
    ...status,
    head: await certainHead(repository, status.head),
    operation: await currentOperation(repository),
    identities,
  };
}

/** git's status says `(detached)` also of a branch that is called so; `HEAD` itself knows. */
async function certainHead(repository: Repository, said: Head): Promise<Head> {
  if (said.kind !== 'detached') return said;
  const file = readHeadFile(repository.layout);
  if (file !== undefined && isOid(file)) return said;
  const ref = file === undefined ? await symbolicHead(repository) : file.slice('ref: '.length);
  return ref === undefined ? said : { kind: 'branch', branch: branchNamed(ref), oid: said.oid };
}

async function readStatus(repository: Repository): Promise<WorkTreeStatus> {
  const answer = await ask(repository, [
    'status',
    '--porcelain=v2',
    '--branch',
    '--show-stash',
    '-z',
    '--untracked-files=all',
    '--ignored=no',
    '--find-renames',
  ]);
  return parseStatus(answer.stdout);
}

async function currentOperation(repository: Repository): Promise<Operation | null> {
  const operation = operationIn(repository.layout);
  if (operation !== null || !usesReftable(repository.layout)) return operation;
  const isSet = async (ref: string) => {
    const answer = await ask(repository, ['rev-parse', '--quiet', '--verify', ref], {
      answers: [1],
    });
    return answer.exit === 0;
  };
  if (await isSet('CHERRY_PICK_HEAD')) return 'cherry-pick';
  return (await isSet('REVERT_HEAD')) ? 'revert' : null;
}

/** Where `HEAD` points, without looking at the work tree. */
export async function readHead(repository: Repository): Promise<Head> {
  const file = readHeadFile(repository.layout);
  if (file !== undefined && isOid(file)) return { kind: 'detached', oid: file };
  const ref = file === undefined ? await symbolicHead(repository) : file.slice('ref: '.length);
  const oid = await headCommit(repository);
  if (ref !== undefined) {
    const branch = branchNamed(ref);
    return oid === undefined ? { kind: 'unborn', branch } : { kind: 'branch', branch, oid };
  }
  if (oid !== undefined) return { kind: 'detached', oid };
  throw new Error('HEAD is neither a branch nor a commit');
}

function branchNamed(ref: string): BranchName {
  return ref.replace(/^refs\/heads\//, '') as BranchName;
}

/** The full name of the branch checked out, or undefined when `HEAD` is detached. */
async function symbolicHead(repository: Repository): Promise<string | undefined> {
  const answer = await ask(repository, ['symbolic-ref', '--quiet', 'HEAD'], { answers: [1] });
  return answer.exit === 0 ? answer.stdout.toString('utf8').replace(/\n$/, '') : undefined;
}

/** Not by the branch's name, which need not be UTF-8; undefined before the first commit. */
async function headCommit(repository: Repository): Promise<Oid | undefined> {
  const args = ['rev-parse', '--quiet', '--verify', 'HEAD^0'];
  const answer = await ask(repository, args, { answers: [1, 128] });
  return answer.exit === 0 ? (answer.stdout.toString('utf8').trim() as Oid) : undefined;
}
