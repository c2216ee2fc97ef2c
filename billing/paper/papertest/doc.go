// Package papertest reads back what package paper wrote, for tests: the text of a PDF file in the order in which it
// stands there, through the file's own table from codes to characters. It reads our files and no others.
package papertest
