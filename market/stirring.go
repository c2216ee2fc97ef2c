package market

import (
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// LiveChannel is where PostgreSQL tells every process that something changed for a person; see [ParseStir].
const LiveChannel = "homecoming_live"

// stir tells, when the caller's transaction is committed, that a thread changed for a person. Nothing but the two ids passes:
// whoever listens reads the rest as that person may.
func stir(tx *gorm.DB, person, thread uuid.UUID) error {
	return tx.Exec("SELECT pg_notify(?, ?)", LiveChannel, person.String()+" "+thread.String()).Error
}

// ParseStir reads what passes on [LiveChannel]: whom it is for, and what changed for them. It is not ok for anything else.
func ParseStir(payload string) (person, thing uuid.UUID, ok bool) {
	first, second, _ := strings.Cut(payload, " ")
	person, err := uuid.Parse(first)
	if err != nil {
		return person, thing, false
	}
	thing, err = uuid.Parse(second)
	return person, thing, err == nil
}
