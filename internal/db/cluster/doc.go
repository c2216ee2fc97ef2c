// Package cluster runs a private PostgreSQL server for one program: for `homecoming dev` and for tests. It is not
// for production, where DATABASE_URL names a server that somebody looks after.
//
// Three things to know:
//
//   - The server listens on a unix socket alone and trusts whoever may open it; the socket's directory is the
//     owner's. PostgreSQL never runs as root: root drops to the owner of the directory, else to postgres or nobody.
//   - It ends with its parent, however the parent ends (the kernel sends it SIGINT), and the data stays.
//   - One process holds a directory at a time. What a killed process left behind is cleaned up at the next start.
package cluster
