// Package cell makes text fit for the cells of CSV files that people open in a spreadsheet, where text that begins like a
// formula would be computed.
//
// It knows nothing of columns, encodings or programs: that is package books' affair.
package cell
