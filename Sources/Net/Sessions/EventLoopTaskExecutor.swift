package import NIOCore

/// Tasks on an event loop's own thread: what does not have to wait for anything goes on without a change of threads. For
/// work that takes the loop's time in small portions; whatever blocks goes to a pool in any case.
package final class EventLoopTaskExecutor: TaskExecutor {
    private let loop: any EventLoop

    package init(_ loop: any EventLoop) {
        self.loop = loop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
