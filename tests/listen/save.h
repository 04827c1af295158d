// What the made-up save of libsave.so does.
#ifndef TESTS_LISTEN_SAVE_H
#define TESTS_LISTEN_SAVE_H

#define SAVE_PAGES 16384 // of the guest
#define SAVE_DIRTY 40    // of them, in each further pass
#define SAVE_STEPS 4     // of a pass
#define SAVE_STEP_US 200000

#endif
