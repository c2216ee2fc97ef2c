// Package access knows who is asking: it keeps sessions, reads bearer tokens, and puts the person, their language and
// the request's id into the context, where the API and the pages find them.
//
// It decides nothing about the market: who may do what is market's policy, and [Route.Admit] only asks it. It has no
// tables of its own but the session store's.
//
// Three things to know:
//
//   - Every path of the program is a [Route] that says what it needs. What is asked before a handler runs, and what the
//     authorisation test expects, are both made from it.
//   - [Actor], [Language] and [RequestID] read the context of a request that came through [Gate.Wrap]. The zero Actor
//     is nobody.
//   - Package web hands its routes over as [Pages]; package api mounts them. A page's handler that fails calls [Fail],
//     and the error is shown as a page by [Pages].Problem with the status that [Status] gives.
package access
