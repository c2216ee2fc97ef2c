// Package files keeps files by key: in a directory, or in a bucket that speaks S3.
//
// It knows nothing of whose a file is and who may see it; package market keeps that in rows of its own, with the name, the
// length and the hash. Nothing here is ever served by an address of the store's: every byte goes through a route that asks.
//
// Three things to know:
//
//   - A [Store] has two implementations, [Directory] and [Bucket], held together by one suite in filestest. [Open] chooses by
//     an address such as file:///var/lib/homecoming/files or s3://key:secret@host/bucket.
//   - A key is a UUID that the caller drew before. The row with the key is written first and the file after it, so that
//     whatever dies in between leaves a row, and no file that nobody knows.
//   - [Recognise] looks at a file's first bytes and at its name, and takes only what both agree on; [CleanName] makes a name
//     that can be shown, saved and put in a header.
package files
