package freetext

import (
	"context"
	"slices"

	"github.com/google/uuid"
)

// A Kind of thing that is found.
type Kind string

// The kinds.
const (
	People Kind = "people" // by membership
	Tasks  Kind = "tasks"
)

// Everyone stands in the scope of what people of every company may see.
var Everyone = uuid.Max

// A Document is what an index keeps of one thing: folded words, the weightiest first, and whose readers may find it.
type Document struct {
	Kind  Kind
	ID    uuid.UUID
	Scope []uuid.UUID // companies; a first sieve, and never the last word on who may see it
	Gone  bool        // nothing else counts

	Head   string // a name, a title
	Skills string
	Rest   string
}

// An Index finds documents by words. It may lag behind: package matching adds what changed. matching/postgres and
// matching/meili implement it, matching/freetext/freetexttest is what they must pass.
type Index interface {
	// Name is how answers call the index: "postgres" or "meilisearch".
	Name() string
	// Tolerant says that words with slips are found too.
	Tolerant() bool
	// Find gives the documents of a kind in one of the scopes in which every word is found, the best first, at most
	// limit.
	Find(ctx context.Context, kind Kind, scope []uuid.UUID, q Query, limit int) ([]uuid.UUID, error)
	// Put writes documents and takes out those that are gone; on return the change is searchable.
	Put(ctx context.Context, docs []Document) error
	// Replace builds the whole index anew from what feed puts.
	Replace(ctx context.Context, feed func(put func([]Document) error) error) error
	// Check says why the index cannot be relied on now, nil when it can.
	Check(ctx context.Context) error
}

// Matches reports whether every word of the query is found in the document.
func (q Query) Matches(d Document, tolerant bool) bool {
	for _, w := range q.Words {
		if !w.within(d, tolerant) {
			return false
		}
	}
	return !d.Gone
}

func (w Word) within(d Document, tolerant bool) bool {
	for _, field := range []string{d.Head, d.Skills, d.Rest} {
		if len(w.in(field, tolerant)) > 0 {
			return true
		}
	}
	return tolerant && slices.ContainsFunc(w.Around(), func(parts []Word) bool {
		return !slices.ContainsFunc(parts, func(p Word) bool { return !p.within(d, false) })
	})
}
