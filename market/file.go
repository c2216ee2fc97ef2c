package market

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"homecoming/internal/files"
	"homecoming/internal/problem"
)

// A File is something that a person gave, kept in the file store under its id. It belongs to nothing until a use case takes
// it; see [Service.KeepFile]. Whoever may see what it belongs to may have it, and nobody else.
type File struct {
	ID         uuid.UUID
	CompanyID  *uuid.UUID // nil for a person's own
	UploaderID uuid.UUID
	Subject    FileSubject
	SubjectID  *uuid.UUID
	Name       string // as it is saved; see [files.CleanName]
	Media      string
	Bytes      int64
	SHA256     []byte `gorm:"column:sha256"`
	MadeAt     time.Time
	StoredAt   *time.Time
	DroppedAt  *time.Time
}

// A FileSubject is a sort of thing that has files.
type FileSubject string

// fileReaders say of each sort of thing whether the actor may see one: nil, or the error that the file's own reader gets.
var fileReaders = map[FileSubject]func(s *Service, g *gorm.DB, who Actor, id uuid.UUID) error{}

// Limits of files.
const (
	MaxFile   = 20 << 20 // bytes of one
	MaxFiles  = 10       // that one thing takes
	looseKept = 24 * time.Hour
	maxLoose  = 50 // that one person may have given within that time, without anything having taken them
)

// What can be wrong with a file.
var (
	ErrNoFiles = problem.Define(problem.Unavailable, "no_file_store",
		"This installation keeps no files. Its operator must set FILES_URL.", "ファイルの保管先が設定されていません。運用担当者が FILES_URL を設定する必要があります。")
	ErrFileType = problem.Define(problem.Invalid, "file_type_refused",
		"“{name}” is not taken: its content and its name must agree on a document, a picture, a recording, a table or a zip file. Save it as one of these and send it again.",
		"「{name}」は受け付けられません。文書・画像・音声・動画・表・zipのいずれかで、内容と拡張子が一致している必要があります。保存し直して、もう一度送信してください。")
	ErrFileSize = problem.Define(problem.Invalid, "file_size",
		"“{name}” is empty or over {max} MB. Send a smaller file, or several.", "「{name}」は空か、{max}MBを超えています。小さくするか、分けて送信してください。")
	ErrTooManyFiles = problem.Define(problem.Invalid, "too_many_files",
		"At most {max} files go together. Send the rest with another.", "ファイルは一度に{max}個までです。残りは分けて送信してください。")
	ErrFilesWaiting = problem.Define(problem.RateLimited, "files_waiting",
		"You have given {max} files today that belong to nothing yet. Use those first, or wait a day.", "まだ使われていないファイルが{max}個あります。先にそれらを使うか、1日お待ちください。")
	ErrFileGone = problem.Define(problem.Invalid, "file_gone",
		"One of the files is not there any more, or is used already. Give it again.", "ファイルの一部が見つからないか、すでに使用されています。もう一度アップロードしてください。")
)

// WithFiles has files kept in a store. Without one, giving a file is refused with ErrNoFiles.
func WithFiles(store files.Store) Option {
	return func(s *Service) { s.files = store }
}

// An Upload is a file as somebody gives it.
type Upload struct {
	Name string
	Size int64 // bytes that Body gives
	Body io.Reader
}

// look reads the first bytes, says what the file is, and gives it whole again.
func (u Upload) look() (File, io.Reader, error) {
	f := File{Name: files.CleanName(u.Name), Bytes: u.Size}
	if u.Size <= 0 || u.Size > MaxFile {
		return f, nil, ErrFileSize.On("file").With("name", f.Name).With("max", MaxFile>>20)
	}
	body := bufio.NewReaderSize(u.Body, files.Head)
	head, err := body.Peek(files.Head)
	if err != nil && !errors.Is(err, io.EOF) {
		return f, nil, err
	}
	media, ok := files.Recognise(f.Name, head)
	if !ok {
		return f, nil, ErrFileType.On("file").With("name", f.Name)
	}
	f.Media = media
	return f, body, nil
}

// KeepFile takes a file in for the actor, to be taken by another use case within a day: a message, say. It is no transaction:
// the row is written, then the bytes go to the store, then the row says so. Whatever dies in between is swept.
func (s *Service) KeepFile(ctx context.Context, who Actor, u Upload) (File, error) {
	if s.files == nil {
		return File{}, ErrNoFiles
	}
	f, body, err := u.look()
	if err != nil {
		return f, err
	}
	f.ID, f.UploaderID, f.MadeAt = newID(), who.PersonID, s.clock.Now()
	if err := s.beginFile(ctx, f); err != nil {
		return f, err
	}
	hash := sha256.New()
	if err := s.files.Put(ctx, f.ID, io.TeeReader(body, hash), f.Bytes); err != nil {
		return f, fmt.Errorf("file %s: %w", f.ID, err)
	}
	now := s.clock.Now()
	f.SHA256, f.StoredAt = hash.Sum(nil), &now
	done := s.db.Gorm(ctx).Exec("UPDATE files SET sha256 = ?, stored_at = ? WHERE id = ? AND dropped_at IS NULL", f.SHA256, now, f.ID)
	if done.Error == nil && done.RowsAffected == 0 {
		return f, ErrFileGone.On("file") // it took so long that it was swept
	}
	return f, done.Error
}

// beginFile writes the row, unless the person has many that nothing took.
func (s *Service) beginFile(ctx context.Context, f File) error {
	return s.db.Tx(ctx, func(tx *gorm.DB) error {
		var loose int
		err := tx.Raw("SELECT count(*) FROM files WHERE uploader_id = ? AND subject_id IS NULL AND dropped_at IS NULL AND made_at > ?",
			f.UploaderID, f.MadeAt.Add(-looseKept)).Scan(&loose).Error
		if err != nil {
			return err
		}
		if loose >= maxLoose {
			return ErrFilesWaiting.With("max", maxLoose)
		}
		return tx.Create(&f).Error
	})
}

// takeFiles has files that the actor gave belong to a thing, in the caller's transaction; ErrFileGone unless all of them are
// there and free. company is nil for a person's own thing.
func takeFiles(tx *gorm.DB, who Actor, company *uuid.UUID, subject FileSubject, id uuid.UUID, given []uuid.UUID) error {
	given = slices.Clone(given)
	slices.SortFunc(given, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	given = slices.Compact(given)
	switch {
	case len(given) == 0:
		return nil
	case len(given) > MaxFiles:
		return ErrTooManyFiles.On("files").With("max", MaxFiles)
	}
	done := tx.Exec(`UPDATE files SET subject = ?, subject_id = ?, company_id = ?
		WHERE id IN ? AND uploader_id = ? AND subject_id IS NULL AND stored_at IS NOT NULL AND dropped_at IS NULL`, subject, id, company, given, who.PersonID)
	if done.Error == nil && done.RowsAffected != int64(len(given)) {
		return ErrFileGone.On("files")
	}
	return done.Error
}

// filesOf lists the files of some things by the thing, in the order in which they were given.
func filesOf(g *gorm.DB, subject FileSubject, ids []uuid.UUID) (map[uuid.UUID][]File, error) {
	var list []File
	if err := g.Where("subject = ? AND subject_id IN ? AND dropped_at IS NULL", subject, orNone(ids)).Order("id").Find(&list).Error; err != nil {
		return nil, err
	}
	of := map[uuid.UUID][]File{}
	for _, f := range list {
		of[*f.SubjectID] = append(of[*f.SubjectID], f)
	}
	return of, nil
}

// OpenFile gives a file to whoever may see what it belongs to, and one that belongs to nothing yet to whoever gave it; nobody
// else finds it. The caller closes it.
func (s *Service) OpenFile(ctx context.Context, who Actor, id uuid.UUID) (File, io.ReadCloser, error) {
	g := s.db.Gorm(ctx)
	var f File
	if err := one(g.Where("id = ? AND stored_at IS NOT NULL AND dropped_at IS NULL", id).Take(&f)); err != nil {
		return f, nil, err
	}
	if err := s.mayHave(g, who, f); err != nil {
		return f, nil, err
	}
	if s.files == nil {
		return f, nil, ErrNoFiles
	}
	body, err := s.files.Get(ctx, f.ID)
	if err != nil {
		return f, nil, fmt.Errorf("file %s: %w", f.ID, err)
	}
	return f, body, nil
}

func (s *Service) mayHave(g *gorm.DB, who Actor, f File) error {
	if f.SubjectID == nil {
		if f.UploaderID != who.PersonID {
			return ErrNotFound
		}
		return nil
	}
	reads, known := fileReaders[f.Subject]
	if !known {
		return fmt.Errorf("file %s belongs to a %q, which nobody knows", f.ID, f.Subject)
	}
	return reads(s, g, who, *f.SubjectID)
}

// sweptAtOnce is how many files one sweep takes away; the next goes on.
const sweptAtOnce = 200

// SweepFiles takes away what was dropped and what nothing took within a day, and says how many. The row is marked first, so
// that nobody takes a file whose bytes are on their way out, and goes last.
func (s *Service) SweepFiles(ctx context.Context) (int, error) {
	if s.files == nil {
		return 0, nil
	}
	g, now := s.db.Gorm(ctx), s.clock.Now()
	var ids []uuid.UUID
	err := g.Raw(`UPDATE files SET dropped_at = coalesce(dropped_at, @now) WHERE id IN (SELECT id FROM files
			WHERE dropped_at IS NOT NULL OR subject_id IS NULL AND made_at < @before ORDER BY made_at LIMIT @most FOR UPDATE SKIP LOCKED)
		AND (dropped_at IS NOT NULL OR subject_id IS NULL) RETURNING id`,
		map[string]any{"now": now, "before": now.Add(-looseKept), "most": sweptAtOnce}).Scan(&ids).Error
	if err != nil {
		return 0, err
	}
	for i, id := range ids {
		if err := s.files.Remove(ctx, id); err != nil {
			return i, fmt.Errorf("file %s: %w", id, err)
		}
		if err := g.Exec("DELETE FROM files WHERE id = ?", id).Error; err != nil {
			return i, err
		}
	}
	return len(ids), nil
}
