//! Signals: the user's wish that the program end.
//!
//! Enters: SIGINT, SIGTERM. Leaves: one resolved future. Never here: what ending means; the session knows.

/// Resolves at the first SIGINT (Ctrl-C) or, on Unix, SIGTERM. Never resolves where signals cannot be had.
pub(super) async fn interrupted() {
    let ctrl_c = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let terminated = async {
            match signal(SignalKind::terminate()) {
                Ok(mut signal) => {
                    signal.recv().await;
                }
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! { () = ctrl_c => (), () = terminated => () }
    }
    #[cfg(not(unix))]
    ctrl_c.await;
}
