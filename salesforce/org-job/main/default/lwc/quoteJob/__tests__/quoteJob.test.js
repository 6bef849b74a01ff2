import { createElement } from 'lwc';
import QuoteJob from 'c/quoteJob';
import { isEmpEnabled, subscribe, unsubscribe } from 'lightning/empApi';
import startJob from '@salesforce/apex/QuoteJobController.startJob';
import getJob from '@salesforce/apex/QuoteJobController.getJob';
import cancelJob from '@salesforce/apex/QuoteJobController.cancelJob';
import resumeJob from '@salesforce/apex/QuoteJobController.resumeJob';

jest.mock('@salesforce/apex/QuoteJobController.startJob', () => ({ default: jest.fn() }), { virtual: true });
jest.mock('@salesforce/apex/QuoteJobController.getJob', () => ({ default: jest.fn() }), { virtual: true });
jest.mock('@salesforce/apex/QuoteJobController.cancelJob', () => ({ default: jest.fn() }), { virtual: true });
jest.mock('@salesforce/apex/QuoteJobController.resumeJob', () => ({ default: jest.fn() }), { virtual: true });
jest.mock(
    'lightning/empApi',
    () => ({ isEmpEnabled: jest.fn(), onError: jest.fn(), subscribe: jest.fn(), unsubscribe: jest.fn() }),
    { virtual: true }
);

const JOB = '0193a5b0-c1d2-7e3f-8a4b-5c6d7e8f9a0b';
const SUBSCRIPTION = { id: 1, channel: '/event/JobProgress__e' };

/** A job as the controller gives it. */
function job(changes) {
    return {
        id: JOB,
        state: 'running',
        planned: false,
        plannedRecords: 0,
        processed: 0,
        succeeded: 0,
        skipped: 0,
        failed: 0,
        ...changes
    };
}

/** Publishes a JobProgress__e to the component. */
async function publish(payload) {
    const [, , receive] = subscribe.mock.calls.at(-1);
    receive({ data: { payload: { JobId__c: JOB, ...payload } } });
    await settle();
}

/** Lets promises and the renderings they cause come to an end. Timers do not run. */
async function settle() {
    for (let turn = 0; turn < 10; turn++) {
        await Promise.resolve();
    }
}

async function wait(milliseconds) {
    jest.advanceTimersByTime(milliseconds);
    await settle();
}

function part(element, id) {
    return element.shadowRoot.querySelector(`[data-id="${id}"]`);
}

async function show() {
    const element = createElement('c-quote-job', { is: QuoteJob });
    document.body.appendChild(element);
    await settle();
    return element;
}

async function click(element, id) {
    part(element, id).dispatchEvent(new CustomEvent('click'));
    await settle();
}

/** Shows the component and starts a job with it. */
async function start(whereClause = 'Amount > 0') {
    const element = await show();
    const input = element.shadowRoot.querySelector('lightning-textarea');
    input.reportValidity = () => Boolean(whereClause);
    input.dispatchEvent(new CustomEvent('change', { detail: { value: whereClause } }));
    await click(element, 'start');
    return element;
}

beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask'] });
    isEmpEnabled.mockResolvedValue(true);
    subscribe.mockResolvedValue(SUBSCRIPTION);
    startJob.mockResolvedValue(JOB);
    getJob.mockResolvedValue(job());
});

afterEach(() => {
    while (document.body.firstChild) {
        document.body.removeChild(document.body.firstChild);
    }
    sessionStorage.clear();
    jest.resetAllMocks();
    jest.useRealTimers();
});

describe('c-quote-job', () => {
    it('starts a job with the clause and shows that it waits', async () => {
        getJob.mockResolvedValue(job({ state: 'queued' }));
        const element = await start(' Amount > 0 ');
        expect(startJob).toHaveBeenCalledWith({ whereClause: 'Amount > 0' });
        expect(part(element, 'state').textContent).toBe('Waiting for a worker (0 %)');
        expect(part(element, 'start').disabled).toBe(true);
        expect(element.shadowRoot.querySelector('lightning-textarea').disabled).toBe(true);
        expect(subscribe).toHaveBeenCalledWith('/event/JobProgress__e', -1, expect.any(Function));
    });

    it('tells how long the job has run, and how long it took', async () => {
        const element = await start();
        expect(part(element, 'elapsed').textContent).toBe('Elapsed: 0 s');
        await wait(3000);
        expect(part(element, 'elapsed').textContent).toBe('Elapsed: 3 s');
        await publish({ State__c: 'running', Percent__c: 50, Planned__c: 2, Processed__c: 1 });
        await wait(62000);
        expect(part(element, 'elapsed').textContent).toBe('Elapsed: 1 min 5 s');
        getJob.mockResolvedValue(
            job({ state: 'completed', processed: 2, createdAt: '2026-01-01T10:00:00.000Z', finishedAt: '2026-01-01T11:00:07.900Z' })
        );
        await wait(5000);
        expect(part(element, 'elapsed').textContent).toBe('Took 1 h 0 min 7 s');
        await wait(60000);
        expect(part(element, 'elapsed').textContent).toBe('Took 1 h 0 min 7 s');
    });

    it('starts nothing without a clause', async () => {
        const element = await start('');
        expect(startJob).not.toHaveBeenCalled();
        expect(part(element, 'state')).toBeNull();
    });

    it('shows why a job was refused and lets the user try again', async () => {
        startJob.mockRejectedValue({ body: { message: 'The clause ends too early.' } });
        const element = await start('Amount >');
        expect(part(element, 'error').textContent).toBe('The clause ends too early.');
        expect(part(element, 'error').getAttribute('role')).toBe('alert');
        expect(part(element, 'start').disabled).toBe(false);
        startJob.mockResolvedValue(JOB);
        await click(element, 'start');
        expect(part(element, 'error')).toBeNull();
    });

    it('follows the events of its own job', async () => {
        const element = await start();
        await publish({ State__c: 'running', Percent__c: 25, Planned__c: 600, Processed__c: 150, Succeeded__c: 140, Skipped__c: 6, Failed__c: 4 });
        expect(part(element, 'bar').getAttribute('aria-valuenow')).toBe('25');
        expect(part(element, 'bar').firstChild.style.width).toBe('25%');
        expect(part(element, 'counts').textContent).toBe(
            '150 of 600 Opportunities: 140 quoted, 6 without products, 4 failed'
        );
        await publish({ JobId__c: 'another', State__c: 'running', Percent__c: 90, Processed__c: 540 });
        expect(part(element, 'bar').getAttribute('aria-valuenow')).toBe('25');
    });

    it('is not set back by an event that was overtaken', async () => {
        const element = await start();
        await publish({ State__c: 'running', Percent__c: 50, Planned__c: 600, Processed__c: 300 });
        await publish({ State__c: 'running', Percent__c: 25, Planned__c: 600, Processed__c: 150 });
        expect(part(element, 'bar').getAttribute('aria-valuenow')).toBe('50');
    });

    it('announces changes of state only', async () => {
        const element = await start();
        expect(part(element, 'announcement').textContent).toBe('Running');
        await publish({ State__c: 'running', Percent__c: 25, Processed__c: 150 });
        expect(part(element, 'announcement').textContent).toBe('Running');
        await publish({ State__c: 'completed', Percent__c: 100, Processed__c: 600 });
        expect(part(element, 'announcement').textContent).toBe('Completed');
    });

    it('stops at the end, with the reason that only the answer has', async () => {
        const element = await start();
        getJob.mockResolvedValue(job({ state: 'failed', processed: 10, plannedRecords: 20, reason: 'No such column.' }));
        await publish({ State__c: 'failed', Percent__c: 100, Planned__c: 20, Processed__c: 10 });
        expect(part(element, 'reason').textContent).toBe('No such column.');
        expect(unsubscribe).toHaveBeenCalledWith(SUBSCRIPTION, expect.any(Function));
        expect(part(element, 'start').disabled).toBe(false);
        expect(part(element, 'cancel')).toBeNull();
        const asked = getJob.mock.calls.length;
        await wait(60000);
        expect(getJob.mock.calls).toHaveLength(asked);
    });

    it('asks when no event comes, and not while events come', async () => {
        const element = await start();
        expect(getJob).toHaveBeenCalledTimes(1);
        await wait(4000);
        await publish({ State__c: 'running', Percent__c: 1, Processed__c: 1 });
        await wait(4000);
        expect(getJob).toHaveBeenCalledTimes(1);
        // All is done but the job's last step.
        getJob.mockResolvedValue(job({ state: 'finishing', plannedRecords: 600, processed: 600 }));
        await wait(1000);
        expect(getJob).toHaveBeenCalledTimes(2);
        expect(part(element, 'bar').getAttribute('aria-valuenow')).toBe('99');
    });

    it('does not take an answer about the job before for one about this job', async () => {
        const element = await start();
        let answer;
        getJob.mockReturnValue(new Promise((resolve) => { answer = resolve; }));
        await publish({ State__c: 'completed', Percent__c: 100, Processed__c: 5 });
        startJob.mockResolvedValue('another');
        getJob.mockResolvedValue(job({ id: 'another', state: 'queued' }));
        await click(element, 'start');
        answer(job({ state: 'completed', processed: 5 }));
        await settle();
        expect(part(element, 'state').textContent).toBe('Waiting for a worker (0 %)');
    });

    it('works without events', async () => {
        isEmpEnabled.mockResolvedValue(false);
        const element = await start();
        expect(subscribe).not.toHaveBeenCalled();
        getJob.mockResolvedValue(job({ state: 'completed', plannedRecords: 3, processed: 3, succeeded: 3 }));
        await wait(5000);
        expect(part(element, 'state').textContent).toBe('Completed (100 %)');
    });

    it('works where subscribing fails', async () => {
        const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
        subscribe.mockRejectedValue(new Error('403::Handshake denied'));
        const element = await start();
        expect(warn).toHaveBeenCalled();
        expect(part(element, 'error')).toBeNull();
        await wait(5000);
        expect(getJob).toHaveBeenCalledTimes(2);
    });

    it('shows that it cannot ask, and goes on asking', async () => {
        const element = await start();
        getJob.mockRejectedValue({ body: { message: 'The quote service cannot be reached: timeout' } });
        await wait(5000);
        expect(part(element, 'error').textContent).toContain('cannot be reached');
        getJob.mockResolvedValue(job({ plannedRecords: 2, processed: 1 }));
        await wait(5000);
        expect(part(element, 'error')).toBeNull();
        expect(part(element, 'bar').getAttribute('aria-valuenow')).toBe('50');
    });

    it('tells why the job does not move, as text, until it moves', async () => {
        const element = await start();
        expect(part(element, 'trouble')).toBeNull();
        const error = 'the org does not answer: Salesforce could not be reached at <b>acme</b> (query): Connection refused';
        const at = (milliseconds) => new Date(Date.now() + milliseconds).toISOString();
        getJob.mockResolvedValue(
            job({
                trouble: { lastError: error, attempts: 2, nextTryAt: at(15000), silentSince: at(-115000), pausedUntil: at(15000) }
            })
        );
        await wait(5000);
        const sentences = () => [...part(element, 'trouble').children].map((line) => line.textContent);
        expect(sentences()).toEqual(['The org has not answered for 2 min 0 s.', `${error} (tried 2 times)`, 'Next try in 10 s.']);
        expect(part(element, 'trouble').querySelector('b')).toBeNull();
        // An event that tells of no progress tells nothing of the trouble either.
        await publish({ State__c: 'running', Percent__c: 0, Processed__c: 0 });
        expect(sentences()).toHaveLength(3);
        await publish({ State__c: 'running', Percent__c: 50, Planned__c: 2, Processed__c: 1 });
        expect(part(element, 'trouble')).toBeNull();
        getJob.mockResolvedValue(job({ processed: 1, plannedRecords: 2, trouble: { pausedUntil: at(65000) } }));
        await wait(5000);
        expect(sentences()).toEqual(['All jobs of the org rest for 1 min 0 s.']);
        getJob.mockResolvedValue(job({ state: 'completed', processed: 2, plannedRecords: 2 }));
        await wait(5000);
        expect(part(element, 'trouble')).toBeNull();
    });

    it('cancels', async () => {
        const element = await start();
        cancelJob.mockResolvedValue(job({ state: 'cancelling' }));
        await click(element, 'cancel');
        expect(cancelJob).toHaveBeenCalledWith({ jobId: JOB });
        expect(part(element, 'state').textContent).toBe('Cancelling (0 %)');
        expect(part(element, 'cancel')).toBeNull();
    });

    it('shows why a job cannot be cancelled', async () => {
        const element = await start();
        cancelJob.mockRejectedValue(new Error('No network'));
        await click(element, 'cancel');
        expect(part(element, 'error').textContent).toBe('No network');
        expect(part(element, 'cancel').disabled).toBe(false);
    });

    it('resumes a job whose session has expired', async () => {
        getJob.mockResolvedValue(job({ state: 'needsAuthorization' }));
        const element = await start();
        resumeJob.mockResolvedValue(job());
        await click(element, 'resume');
        expect(resumeJob).toHaveBeenCalledWith({ jobId: JOB });
        expect(part(element, 'state').textContent).toBe('Running (0 %)');
        expect(part(element, 'resume')).toBeNull();
    });

    it('shows the job again after a reload', async () => {
        const before = await start();
        document.body.removeChild(before);
        getJob.mockResolvedValue(job({ plannedRecords: 4, processed: 1 }));
        const element = await show();
        expect(getJob).toHaveBeenLastCalledWith({ jobId: JOB });
        expect(part(element, 'bar').getAttribute('aria-valuenow')).toBe('25');
    });

    it('forgets a job that is gone', async () => {
        sessionStorage.setItem('quoteJob.jobId', JOB);
        getJob.mockResolvedValue(null);
        const element = await show();
        expect(part(element, 'state')).toBeNull();
        expect(sessionStorage.getItem('quoteJob.jobId')).toBeNull();
        expect(part(element, 'start').disabled).toBe(false);
    });

    it('lets go of everything when it is removed', async () => {
        const element = await start();
        document.body.removeChild(element);
        expect(unsubscribe).toHaveBeenCalledWith(SUBSCRIPTION, expect.any(Function));
        const asked = getJob.mock.calls.length;
        await wait(60000);
        expect(getJob.mock.calls).toHaveLength(asked);
    });
});
