// Package demo fills an empty installation with three companies, three hundred alumni and work in every state, so
// that somebody who has just typed `make run` finds a place that is lived in.
//
// It is not a fixture for tests (see market/markettest) and knows no tables.
//
// Three things to know:
//
//   - Everything is made through the functions that people use: the alumni come from an HR file, the money from a
//     card typed into the stand-in's checkout page. That is why it reconciles to zero.
//   - It is the same every time: the only chance in it is seeded.
//   - It belongs to `homecoming dev`; `serve` never calls it.
package demo
