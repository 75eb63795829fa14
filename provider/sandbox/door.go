package sandbox

import (
	"errors"
	"net"
	"sync"
	"time"
)

// door is a listener that can be shut for a while, so that clients see a
// refused connection, and opens again on the same port.
type door struct {
	keepAlives func(bool) // of the server behind it

	mu     sync.Mutex
	inner  net.Listener
	addr   net.Addr
	until  time.Time // shut until then
	closed chan struct{}
	once   sync.Once
}

func openDoor(addr string) (*door, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &door{inner: ln, addr: ln.Addr(), closed: make(chan struct{})}, nil
}

func (d *door) Addr() net.Addr { return d.addr }

// url is how a client on this machine reaches the door.
func (d *door) url() string {
	host, port, _ := net.SplitHostPort(d.addr.String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Accept waits for a connection, over as many reopenings as it takes.
func (d *door) Accept() (net.Conn, error) {
	for {
		d.mu.Lock()
		inner := d.inner
		d.mu.Unlock()
		conn, err := inner.Accept()
		if err == nil {
			return conn, nil
		}
		if !errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		if !d.reopen() {
			return nil, net.ErrClosed
		}
	}
}

// reopen waits out a shut period; false means that the door is closed for good.
func (d *door) reopen() bool {
	for {
		d.mu.Lock()
		left := time.Until(d.until)
		d.mu.Unlock()
		if left > 0 {
			if !d.wait(left) {
				return false
			}
			continue
		}
		if !d.wait(0) {
			return false
		}
		ln, err := net.Listen("tcp", d.addr.String())
		if err == nil {
			return d.swap(ln)
		}
		if !d.wait(20 * time.Millisecond) {
			return false
		}
	}
}

func (d *door) swap(ln net.Listener) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.closed:
		ln.Close()
		return false
	default:
	}
	d.inner = ln
	d.keepAlives(true)
	return true
}

func (d *door) wait(left time.Duration) bool {
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-d.closed:
		return false
	case <-timer.C:
		return true
	}
}

// shut closes the port for a while. Idle connections are closed too, else a
// client would go on over one of them and notice nothing.
func (d *door) shut(left time.Duration) {
	d.mu.Lock()
	d.until = time.Now().Add(left)
	inner := d.inner
	d.mu.Unlock()
	d.keepAlives(false)
	inner.Close()
}

// Close ends the door for good.
func (d *door) Close() error {
	d.once.Do(func() { close(d.closed) })
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.inner.Close()
}
