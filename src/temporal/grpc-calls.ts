/**
 * Calls to the server that are tried again, as the SDK does it, but never after their end: not on a connection that was
 * closed, not after they were given up, and not past their deadline, which would hide why they failed.
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

  /** To be called before the connection is closed: what fails now is not tried again. */
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
    // The SDK knows its first attempt only, and would not end a later one.
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
      // A channel that is shut down throws, which in the timer of a retry would end the process.
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
