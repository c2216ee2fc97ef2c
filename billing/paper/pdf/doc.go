// Package pdf writes PDF files that people, screen readers and programs can all read: pages of text in embedded
// TrueType fonts, rules and tints, a structure tree (headings, paragraphs, tables), bookmarks, a language and a title.
//
// It knows no documents and breaks no lines; package paper does. It reads no PDF, draws no pictures and encrypts
// nothing. Lengths are points, y grows downwards from the top of the page.
//
// Three things to know:
//
//   - A character keeps its own identity. Each gets a code and a copy of its glyph, so that what is copied or read out
//     is exactly what was written, also where a font draws two characters alike (～ and 〜) or none at all: a character
//     that no font has is drawn as 〓 and still read as itself.
//   - Every mark belongs to something. Text is written between [File.Open] and [File.Close] of a structure element;
//     what stands outside, such as a footer or a rule, is marked as decoration.
//   - The same calls give the same bytes. No clock is read and no random number drawn.
package pdf
