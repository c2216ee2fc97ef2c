package billing

import (
	"fmt"
	"strings"

	"homecoming/internal/problem"
)

// A Party is who moves something from state to state.
type Party string

// The parties.
const (
	TheCompany  Party = "company"  // somebody who may run its contracts
	TheAlumnus  Party = "alumnus"  // the contract's own
	TheProvider Party = "provider" // Stripe or a bank, by what it answers or reports
	TheClock    Party = "clock"    // a timer of ours, or the step that follows by itself
	TheParties  Party = "both"     // company and alumnus agree
	TheRuling   Party = "ruling"   // two people who stand on neither side
	TheOperator Party = "operator" // who runs the installation
)

// A Move is one line of a transition table.
type Move[S ~string, T any] struct {
	From  S
	Do    string
	To    S
	By    Party
	Guard *Guard[T] // nil: nothing more is asked
}

// A Guard is a condition with a name for the diagrams. Holds returns nil or the problem that a person is told.
type Guard[T any] struct {
	Name  string
	Holds func(T) error
}

// A Stand says what keeps a state from standing still: the timer that ends it or the party that must act. A state
// with neither is an end.
type Stand struct {
	Owner Party
	Timer string
}

// A Machine is a noun's life as data. The use cases ask it before they write.
type Machine[S ~string, T any] struct {
	Noun   string
	Start  S
	Moves  []Move[S, T]
	Stands map[S]Stand // every state is a key
}

// ErrWrongState is a step that the present state does not allow.
var ErrWrongState = problem.Define(problem.Conflict, "wrong_state",
	"This {noun} is {state}, so that cannot be done now. Look at its present state and go on from there.",
	"この{noun}は現在「{state}」のため、その操作はできません。最新の状態を確認してください。")

// Next answers where doing leads from a state. It returns ErrWrongState when no line of the table fits, and what the
// guard says when it refuses.
func (m Machine[S, T]) Next(from S, do string, by Party, subject T) (S, error) {
	for _, move := range m.Moves {
		if move.From != from || move.Do != do || move.By != by {
			continue
		}
		if move.Guard != nil {
			if err := move.Guard.Holds(subject); err != nil {
				return from, err
			}
		}
		return move.To, nil
	}
	return from, ErrWrongState.With("noun", word(m.Noun)).With("state", word(string(from)))
}

// Allows reports whether a step is open.
func (m Machine[S, T]) Allows(from S, do string, by Party, subject T) bool {
	_, err := m.Next(from, do, by, subject)
	return err == nil
}

// Can lists what a party may do from a state, guards aside; the pages offer these.
func (m Machine[S, T]) Can(from S, by Party) []string {
	var out []string
	for _, move := range m.Moves {
		if move.From == from && move.By == by {
			out = append(out, move.Do)
		}
	}
	return out
}

// Diagram is the table as a Mermaid state diagram, for the documents.
func (m Machine[S, T]) Diagram() string {
	var b strings.Builder
	fmt.Fprintf(&b, "stateDiagram-v2\n  [*] --> %s\n", m.Start)
	for _, move := range m.Moves {
		guard := ""
		if move.Guard != nil {
			guard = " [" + move.Guard.Name + "]"
		}
		fmt.Fprintf(&b, "  %s --> %s: %s (%s)%s\n", move.From, move.To, move.Do, move.By, guard)
	}
	return b.String()
}

// Diagrams draws the life of every noun, by its name, for the documents.
func Diagrams() map[string]string {
	return map[string]string{
		contractMachine.Noun:     contractMachine.Diagram(),
		milestoneMachine.Noun:    milestoneMachine.Diagram(),
		operationMachine.Noun:    operationMachine.Diagram(),
		payoutMachine.Noun:       payoutMachine.Diagram(),
		refundMachine.Noun:       refundMachine.Diagram(),
		approvalMachine.Noun:     approvalMachine.Diagram(),
		chargebackMachine.Noun:   chargebackMachine.Diagram(),
		disputeMachine.Noun:      disputeMachine.Diagram(),
		exceptionMachine.Noun:    exceptionMachine.Diagram(),
		adjustmentMachine.Noun:   adjustmentMachine.Diagram(),
		accountMachine.Noun:      accountMachine.Diagram(),
		statementMachine.Noun:    statementMachine.Diagram(),
		sweepMachine.Noun:        sweepMachine.Diagram(),
		bankTransferMachine.Noun: bankTransferMachine.Diagram(),
		changeMachine.Noun:       changeMachine.Diagram(),
		closingMachine.Noun:      closingMachine.Diagram(),
		payRunMachine.Noun:       payRunMachine.Diagram(),
		payItemMachine.Noun:      payItemMachine.Diagram(),
	}
}
