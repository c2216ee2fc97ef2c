// Package filestest is the suite that every [files.Store] passes. It is for tests alone and knows no implementation.
//
// Three things to know:
//
//   - [Conform] draws keys of its own, so that several runs can share one bucket, and takes away what it kept.
//   - It keeps files on both sides of what S3's clients send in one piece.
//   - What only one store can do, such as failing to reach its server, is tested beside that store.
package filestest
