package mail

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // ISO-2022-JP and the rest of what people still send
	"github.com/emersion/go-message/mail"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// An Incoming is a mail that somebody sent to the program.
type Incoming struct {
	ID      string // its Message-ID without brackets; empty where it has none
	From    string // the address that it says it is from, in lower case
	Text    string // what was written and what was quoted below it, as plain text; may hold any bytes
	Files   []Enclosure
	Machine bool // sent by no person: a note of absence, a bounce, a list
}

// An Enclosure is a file that came with a mail. Pictures that stand within its text are none.
type Enclosure struct {
	Name string
	Body []byte
}

// ErrUnreadable is for what is no mail, or one from nobody.
var ErrUnreadable = errors.New("mail: this is no mail that can be read")

// maxParts is how many parts of a mail are looked at.
const maxParts = 100

// ReadIncoming reads a mail as it came over SMTP (RFC 5322, MIME). What is written in an unknown alphabet is kept as it is.
func ReadIncoming(r io.Reader) (Incoming, error) {
	from, err := mail.CreateReader(r)
	if err != nil && !message.IsUnknownCharset(err) {
		return Incoming{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	defer func() { _ = from.Close() }() // it reads what is left of a mail that is in memory
	senders, err := from.Header.AddressList("From")
	if err != nil || len(senders) == 0 {
		return Incoming{}, ErrUnreadable
	}
	in := Incoming{From: strings.ToLower(senders[0].Address), Machine: machine(from.Header)}
	in.ID, _ = from.Header.MessageID()
	var plain, rich []string
	for range maxParts {
		part, err := from.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			return in, fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
		body, err := io.ReadAll(part.Body)
		if err != nil {
			return in, fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
		switch h := part.Header.(type) {
		case *mail.InlineHeader:
			switch kind, _, _ := h.ContentType(); kind {
			case "text/plain":
				plain = append(plain, string(body))
			case "text/html":
				rich = append(rich, htmlText(string(body)))
			}
		case *mail.AttachmentHeader:
			name, _ := h.Filename()
			in.Files = append(in.Files, Enclosure{name, body})
		}
	}
	if in.Text = strings.Join(plain, "\n"); strings.TrimSpace(in.Text) == "" {
		in.Text = strings.Join(rich, "\n")
	}
	return in, nil
}

// machine reports whether a mail says that no person sent it (RFC 3834, and what programs did before it).
func machine(h mail.Header) bool {
	auto, bulk := strings.ToLower(h.Get("Auto-Submitted")), strings.ToLower(h.Get("Precedence"))
	kind, _, _ := h.ContentType()
	return auto != "" && auto != "no" || bulk == "bulk" || bulk == "list" || bulk == "junk" || bulk == "auto_reply" ||
		h.Has("List-Id") || h.Has("X-Autoreply") || h.Has("X-Autorespond") || kind == "multipart/report"
}

// lines are the elements that stand on a line of their own.
var lines = map[atom.Atom]bool{atom.P: true, atom.Div: true, atom.Br: true, atom.Li: true, atom.Tr: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.Pre: true, atom.Ul: true, atom.Ol: true}

// silent are the elements of which nobody reads what is in them, and quotations.
var silent = map[atom.Atom]bool{atom.Blockquote: true, atom.Style: true, atom.Script: true, atom.Head: true}

// htmlText is the text of a mail that has no plain one, without what it quotes.
func htmlText(page string) string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return ""
	}
	var b strings.Builder
	var skip *html.Node // the silent element that is being passed
	for n := range doc.Descendants() {
		if skip != nil && within(n, skip) {
			continue
		}
		skip = nil
		switch {
		case silent[n.DataAtom]:
			skip = n
		case n.Type == html.TextNode:
			b.WriteString(strings.NewReplacer("\r", "", "\n", " ").Replace(n.Data))
		case lines[n.DataAtom]:
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func within(n, parent *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == parent {
			return true
		}
	}
	return false
}
