// Package mail sends mails, over SMTP or into the outbox table that developers read, and takes the answers to them.
//
// It knows nothing of what the mails say; package market writes them. It keeps no queue of its own and never tries
// again: the job that sends a mail is what is retried.
//
// Four things to know:
//
//   - [Mailer] has two implementations, [SMTP] and [Outbox], held together by one suite in mailtest.
//   - A message is plain text; the HTML alternative is made from it, so that there is one text to keep true.
//   - A [NewLetterbox] takes answers over SMTP, from an MTA that stands before it. It says yes when the answer is written
//     down, and no to the sender's own server; it never writes a mail about a mail.
//   - A mail may arrive twice when a worker dies between the server's yes and its own; a message carries an ID, so that
//     both copies are known as one.
package mail
