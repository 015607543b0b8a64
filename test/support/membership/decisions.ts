/** The product's own decisions, as the schedules use them. A test may replace one by a worse one. */
import {
  wholenessObstacle,
  outageObstacle,
  removalObstacle,
  unfinishedObstacle,
} from '../../../src/facts/quorum.js'
import { firstControlPlane, isInitialised } from '../../../src/facts/first-control-plane.js'
import { mayAbandon, settleMember, undoSteps } from '../../../src/planning/changes/failed-join.js'
import { judgeInit } from '../../../src/planning/changes/init-standing.js'
import { judgeJoin } from '../../../src/planning/changes/join-standing.js'
import { unansweredFindings } from '../../../src/planning/drift/away.js'
import { strangeMembers } from '../../../src/planning/drift/members.js'

export const DECISIONS = {
  firstControlPlane,
  isInitialised,
  judgeInit,
  judgeJoin,
  mayAbandon,
  outageObstacle,
  removalObstacle,
  settleMember,
  strangeMembers,
  unansweredFindings,
  undoSteps,
  unfinishedObstacle,
  wholenessObstacle,
}

export type Decisions = typeof DECISIONS
