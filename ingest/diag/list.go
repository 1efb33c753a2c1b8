package diag

// families lists who watches connections, in the order of their reports. The
// closing asks how the handshake ended, and all whether the capture is one-sided.
func families() []Family {
	return []Family{
		capturingFamily(),
		handshakeFamily(),
		reuseFamily(),
		closingFamily(),
		lossFamily(),
		optionsFamily(),
		rateFamily(),
		rttFamily(),
		windowFamily(),
		turnsFamily(),
		nagleFamily(),
		idleFamily(),
		keepAliveFamily(),
		pathFamily(),
		checksumFamily(),
	}
}
