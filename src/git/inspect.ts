import {
  type BranchName,
  type Head,
  isOid,
  type Operation,
  type WorkTreeStatus,
} from '../session/git-state.ts';
import { type BranchIdentities, readIdentities } from './branch-identity.ts';
import { operationIn, usesReftable } from './layout.ts';
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
  return { ...status, operation: await currentOperation(repository), identities };
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
  const answer = await ask(repository, ['rev-parse', 'HEAD', '--symbolic-full-name', 'HEAD'], {
    answers: [128],
  });
  const [oid = '', ref = ''] = answer.stdout.toString('utf8').split('\n');
  if (answer.exit === 0 && isOid(oid)) {
    return ref === 'HEAD'
      ? { kind: 'detached', oid }
      : { kind: 'branch', branch: branchOf(ref), oid };
  }
  const unborn = await ask(repository, ['symbolic-ref', 'HEAD']);
  return { kind: 'unborn', branch: branchOf(unborn.stdout.toString('utf8').trimEnd()) };
}

function branchOf(ref: string): BranchName {
  return ref.replace(/^refs\/heads\//, '') as BranchName;
}
