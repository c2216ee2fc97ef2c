// Package paper draws documents: a [Document] in, the bytes of a PDF file out. It sets them on A4 in the manner of a
// Japanese finance department (title and number, parties, one large figure, tables with figures aligned to the right),
// in Japanese or English, over as many pages as it takes.
//
// It knows no contracts and no database, computes no amounts and words no sentences: whoever makes the Document does.
// How a PDF file is written is in package pdf.
//
// Three things to know:
//
//   - The same Document gives the same bytes, always.
//   - What stands on the paper is real text in reading order, with headings, tables and bookmarks that a screen reader
//     announces; a character that no font has is drawn as 〓 and still read as itself.
//   - The letters are in the program: Go for Latin and for figures, which it sets at one width; BIZ UDPGothic for
//     Japanese; and for rare names such as 𠮷 a third font. Licences are in fonts/LICENCES.txt, see [Licences].
package paper
