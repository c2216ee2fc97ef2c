// Package web is the pages: it reads forms, calls the same use cases as the JSON API, and shows what came out as HTML.
//
// It has no rules and no SQL. Who may do what, and what is wrong with an input, is said by market, matching and
// billing; the look is in package ui, the sentences in package words.
//
// Three things to know:
//
//   - routes.go is the whole table. A handler is a method of [visit], which knows the request, the reader and their
//     language; it returns an error instead of showing one, and package api shows it with [Pages]' Problem.
//   - A form is posted, acted upon and answered with a redirect. What was refused is shown again as it was typed, with
//     the sentence at its field; see [visit.refuse].
//   - A page that changes while somebody types asks for itself again and exchanges a part of it (static/app.js).
//     Nothing needs the script.
package web
