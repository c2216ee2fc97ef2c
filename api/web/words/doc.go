// Package words holds every sentence of the pages, in English and Japanese side by side, and writes dates the way
// readers of each language do.
//
// It does not hold the sentences of problems (package problem) or of letters (market): those belong to their nouns.
//
// Three things to know:
//
//   - A line of catalogue/*.txt is "key | English | 日本語". One line holds both languages, so neither can be forgotten;
//     the catalogue is read at start and a broken line stops the program.
//   - {name} is filled from the arguments of [In]; {n:person|people} chooses by the number n in English.
//   - A test of package web holds the keys used in the pages to the catalogue, in both directions.
package words
