// Package live hears, over one connection of this process, what PostgreSQL tells about people, and passes it on to whoever
// listens for them here: the pages that somebody has open.
//
// It carries no content and decides nothing: an [Ear] learns that something changed, and asks for it as its person may.
//
// Three things to know:
//
//   - Nothing is lost silently: an ear that is slow, and every ear after the connection was down, hears uuid.Nil, which says
//     that anything may have changed.
//   - A person has at most [MaxEars] ears in a process, and a closed [Hub] has none, so that a server can end.
//   - It needs a session of its own; a pooler that shares sessions between transactions must be gone around.
package live
