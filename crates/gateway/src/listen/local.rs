//! Work stays on the core it began on.

/// Runs futures on this core's runtime.
#[derive(Debug, Clone, Copy)]
pub struct OnThisCore;

impl<F> hyper::rt::Executor<F> for OnThisCore
where
    F: Future + 'static,
{
    fn execute(&self, future: F) {
        tokio::task::spawn_local(async move {
            future.await;
        });
    }
}
