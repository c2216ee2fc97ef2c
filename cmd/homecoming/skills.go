package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/clock"
	"homecoming/matching"
	"homecoming/matching/postgres"
	"homecoming/matching/taxonomy"
)

// skillCommands are what can be done with the skills that all companies share.
var skillCommands = map[string]action{"import": importSkills, "merge": mergeSkills, "unmerge": unmergeSkills}

// skills is the operator's way to the taxonomy.
func skills(ctx context.Context, out io.Writer, args []string) error {
	return subcommand(ctx, out, "skills", `homecoming skills import -format esco [-dry-run] -language en skills_en.csv [-language ja skills_ja.csv …] [-relations broaderRelationsSkillPillar_en.csv]
homecoming skills merge <from> <into>     ids of shared skills; prints the merge's id
homecoming skills unmerge <merge>         takes it back while nothing else changed
`, args, skillCommands)
}

// importSkills reads a published list in. The language stands before each file, so the flags are read in turns.
func importSkills(ctx context.Context, out io.Writer, args []string) error {
	var format, language, relations string
	var dryRun bool
	f := flag.NewFlagSet("homecoming skills import", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&format, "format", "esco", "whose columns the files have: esco")
	f.StringVar(&language, "language", "en", "the language of the file that follows, two letters")
	f.StringVar(&relations, "relations", "", "the file of broader relations")
	f.BoolVar(&dryRun, "dry-run", false, "only say what would happen")
	list := &taxonomy.ESCO{}
	for len(args) > 0 {
		if err := f.Parse(args); err != nil {
			return err
		}
		if format != "esco" {
			return fmt.Errorf("there is no format %q; esco is the one", format)
		}
		if args = f.Args(); len(args) == 0 {
			break
		}
		if err := read(args[0], func(name string, r io.Reader) error { return list.ReadSkills(name, language, r) }); err != nil {
			return err
		}
		args = args[1:]
	}
	if relations != "" {
		if err := read(relations, list.ReadRelations); err != nil {
			return err
		}
	}
	if list.Rows == 0 && len(list.Relations) == 0 {
		return errors.New("no file of skills was given")
	}
	return takeSkills(ctx, out, list, dryRun)
}

// read opens a file for a reader that names it in what it reports.
func read(path string, by func(name string, r io.Reader) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return by(filepath.Base(path), file)
}

func takeSkills(ctx context.Context, out io.Writer, list *taxonomy.ESCO, dryRun bool) error {
	_, d, err := openConfigured(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	began := time.Now()
	r, err := matching.ImportESCO(ctx, d, list, dryRun, func(step string, n int) {
		fmt.Fprintf(out, "%6.1f s  %s: %d\n", time.Since(began).Seconds(), step, n)
	})
	if err != nil {
		return err
	}
	for _, f := range r.Faults {
		fmt.Fprintln(out, f)
	}
	if dryRun {
		for _, c := range r.Changes {
			fmt.Fprintf(out, "%s %s  %s\n", c.Sign, c.ID, c.Name)
		}
		fmt.Fprint(out, "dry run, nothing was written: ")
	}
	fmt.Fprintf(out, "%d rows: %d created, %d updated, %d unchanged, %d linked to skills known here, %d obsolete; %d names and %d links added, %d names and %d links gone, %d relations to groups left out, %d faults\n",
		r.Rows, r.Created, r.Updated, r.Unchanged, r.Linked, r.Obsolete, r.Aliases, r.Links, r.AliasesGone, r.LinksGone, r.Groups, len(r.Faults))
	return nil
}

// mergeSkills makes one shared skill another.
func mergeSkills(ctx context.Context, out io.Writer, args []string) error {
	if len(args) != 2 {
		return errors.New("merge takes two ids: the skill that goes, and the one that stays")
	}
	return withSkills(ctx, func(s *matching.Service) error {
		m, err := s.MergeShared(ctx, args[0], args[1])
		if err == nil {
			fmt.Fprintf(out, "%s is %s now; take it back by: homecoming skills unmerge %s\n", m.FromID, m.IntoID, m.ID)
		}
		return err
	})
}

// unmergeSkills takes a merge of shared skills back.
func unmergeSkills(ctx context.Context, out io.Writer, args []string) error {
	if len(args) != 1 {
		return errors.New("unmerge takes the id that merge printed")
	}
	id, err := uuid.Parse(args[0])
	if err != nil {
		return err
	}
	return withSkills(ctx, func(s *matching.Service) error {
		m, err := s.UndoSharedMerge(ctx, id)
		if err == nil {
			fmt.Fprintf(out, "%s stands by itself again\n", m.FromID)
		}
		return err
	})
}

func withSkills(ctx context.Context, do func(*matching.Service) error) error {
	_, d, err := openConfigured(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	return do(matching.New(d, clock.System, postgres.New(d)))
}
