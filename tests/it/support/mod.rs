<<<<<<< HEAD
//! What tests need of the machine.

pub(crate) mod pulse;
=======
//! What several test modules share.

pub(crate) mod server;
>>>>>>> egress
