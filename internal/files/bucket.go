package files

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// A Bucket keeps files in a bucket of a server that speaks S3. The bucket is there already, and private.
type Bucket struct {
	client *minio.Client
	name   string
	prefix string
}

// NewBucket reads an address; see [Open].
func NewBucket(u *url.URL) (*Bucket, error) {
	q, bucket := u.Query(), strings.Trim(u.Path, "/")
	secret, given := u.User.Password()
	tls := q.Get("tls")
	if u.Host == "" || bucket == "" || strings.Contains(bucket, "/") || !given || tls != "" && tls != "off" {
		return nil, errAddress
	}
	client, err := minio.New(u.Host, &minio.Options{Creds: credentials.NewStaticV4(u.User.Username(), secret, ""), Secure: tls != "off",
		Region: q.Get("region"), BucketLookup: minio.BucketLookupAuto, MaxRetries: 3})
	if err != nil {
		return nil, errAddress
	}
	return &Bucket{client: client, name: bucket, prefix: q.Get("prefix")}, nil
}

func (b *Bucket) object(key uuid.UUID) string { return b.prefix + key.String() }

// Put sends the file; the server takes all of it or nothing.
func (b *Bucket) Put(ctx context.Context, key uuid.UUID, r io.Reader, size int64) error {
	whole := &exactly{r: r, left: size}
	_, err := b.client.PutObject(ctx, b.name, b.object(key), whole, size, minio.PutObjectOptions{ContentType: "application/octet-stream"})
	if err == nil {
		_, _ = whole.Read(make([]byte, 1)) // the client reads no further than size
	}
	if whole.wrong {
		return errors.Join(ErrLength, b.Remove(ctx, key))
	}
	return err
}

// Get opens the file: its first byte is asked for now, so that one that is missing is told from one that breaks off.
func (b *Bucket) Get(ctx context.Context, key uuid.UUID) (io.ReadCloser, error) {
	o, err := b.client.GetObject(ctx, b.name, b.object(key), minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	_, err = o.Stat()
	if err == nil {
		return o, nil
	}
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		err = ErrMissing
	}
	return nil, errors.Join(err, o.Close())
}

// Remove takes the file away.
func (b *Bucket) Remove(ctx context.Context, key uuid.UUID) error {
	err := b.client.RemoveObject(ctx, b.name, b.object(key), minio.RemoveObjectOptions{})
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return nil
	}
	return err
}

// Keys asks for the names that begin with the prefix; others than keys are somebody else's.
func (b *Bucket) Keys(ctx context.Context) (keys []uuid.UUID, err error) {
	for o := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix, Recursive: true}) {
		if o.Err != nil {
			return nil, o.Err
		}
		if key, err := uuid.Parse(strings.TrimPrefix(o.Key, b.prefix)); err == nil {
			keys = append(keys, key)
		}
	}
	return keys, ctx.Err()
}
