/** Checks that people were told what they are to be told. */
import type { TemporalConnection } from '../../temporal/connection.js'
import { callServer } from '../../temporal/service-error.js'
import { count } from '../../values/words.js'
import { undeliveredNotifications } from '../notifications/undelivered.js'
import { ok, warn, type Check } from './check.js'

const NAME = 'notifications'

/** One check of all clusters. */
export async function checkNotifications({ client, settings }: TemporalConnection): Promise<Check> {
  const undelivered = await callServer(settings.address, () => undeliveredNotifications(client))
  const [latest] = undelivered
  if (latest === undefined) return ok(NAME, 'none is undelivered')
  const { cluster, event, entry, reason } = latest
  const givenUp = undelivered.filter(({ isGivenUp }) => isGivenUp).length
  const counted = [
    ...(givenUp > 0 ? [`${count(givenUp, 'notification')} not delivered within the last week`] : []),
    ...(givenUp < undelivered.length ? [`${undelivered.length - givenUp} still tried`] : []),
  ].join(', ')
  const why = reason === undefined ? '' : `: ${reason}`
  const detail = `${counted}; the latest, ${event} of ${cluster}, was for entry ${entry} of spec.notifications${why}`
  return warn(
    NAME,
    detail,
    'correct the entry, then run `quorate notifications test`; `quorate status` shows what was not told',
  )
}
