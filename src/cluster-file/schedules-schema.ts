/** The fields of `spec.schedules`. */
import { z } from 'zod'
import { text } from './fields.js'

function schedule(description: string, example: string) {
  return z
    .strictObject({
      cron: text(
        'cron',
        'Minute, hour, day of the month, month and day of the week, as in a crontab.',
        example,
      ),
      timeZone: text('timeZone', 'Time zone that cron is meant in.').default('UTC'),
    })
    .meta({ description })
    .optional()
}

/** `spec.schedules`. */
export const schedulesSchema = z
  .strictObject({
    snapshot: schedule('Takes a snapshot of etcd, as quorate etcd snapshot does.', '0 */6 * * *'),
    renewCertificates: schedule(
      'Renews the certificates that are due, as quorate certificates renew does, without asking.',
      '30 3 * * sun',
    ),
    drift: schedule(
      'Compares the file with the running cluster, as quorate plan does; changes nothing.',
      '15 5 * * *',
    ),
  })
  .optional()
  .meta({
    description: 'What is done by the clock. quorate apply and quorate schedule sync tell the server.',
  })
