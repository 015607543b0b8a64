/**
 * Retries calls to the server as the SDK does, but stops where the SDK does not. Nothing is retried on a closed
 * connection, after the call was cancelled, or past its deadline, which would hide why the call failed.
 */
import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor, type ConnectionOptions } from '@temporalio/client'

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number]
type NextCall = Parameters<Interceptor>[1]
type CallOptions = Parameters<NextCall>[0]
type Call = ReturnType<NextCall>
type Listener = Parameters<Call['start']>[1]
type Metadata = Parameters<Call['start']>[0]

type Status = Parameters<NonNullable<NonNullable<Listener>['onReceiveStatus']>>[0]

/** gRPC status code. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the enum is of a package that the SDK brings
const CANCELLED = 1 as Status['code']

const RETRY = defaultGrpcRetryOptions()

/** The calls of one connection. */
export class GrpcCalls {
  private isClosed = false

  /** Call this before closing the connection: from then on, failed calls are not retried. */
  close(): void {
    this.isClosed = true
  }

  /** For the options of the connection. */
  readonly interceptor: Interceptor = (options, nextCall) => {
    const deadline = Number(options.deadline ?? Infinity)
    const isOver = { value: false }
    let attempt: Call | undefined
    let delay = 0
    const retries = makeGrpcRetryInterceptor({
      retryableDecider: (number, status) => {
        delay = RETRY.delayFunction(number, status)
        const isOpen = !this.isClosed && !isOver.value && Date.now() + delay < deadline
        return isOpen && RETRY.retryableDecider(number, status)
      },
      delayFunction: () => delay,
    })
    const call = retries(options, (ofAttempt) => {
      attempt = this.isClosed || isOver.value ? endedCall() : this.begin(nextCall, ofAttempt)
      return attempt
    })
    // The SDK knows only its first attempt and would not end a later one.
    const cancel = call.cancelWithStatus.bind(call)
    call.cancelWithStatus = (status, details) => {
      isOver.value = true
      attempt?.cancelWithStatus(status, details)
      cancel(status, details)
    }
    return call
  }

  private begin(nextCall: NextCall, options: CallOptions): Call {
    try {
      return nextCall(options)
    } catch {
      // A channel that was shut down throws. In the timer of a retry, that would end the process.
      return endedCall()
    }
  }
}

/** A call that was cancelled before it began. */
function endedCall(): Call {
  return {
    start: (metadata: Metadata, listener?: Partial<Listener>) => {
      queueMicrotask(() => {
        listener?.onReceiveMessage?.(null)
        listener?.onReceiveStatus?.({ code: CANCELLED, details: 'the connection was closed', metadata })
      })
    },
    sendMessage: () => undefined,
    sendMessageWithContext: () => undefined,
    startRead: () => undefined,
    halfClose: () => undefined,
    cancelWithStatus: () => undefined,
    getPeer: () => 'closed',
    getAuthContext: () => null,
  }
}
