/** The HTTP side of the daemon: Fastify with its protections, then one plugin a resource. No business rules. */
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { Config } from '../config.ts';
import { StudioError } from '../errors.ts';
import { guardRoutes } from './access.ts';
import { describeApi } from './docs.ts';
import { answerErrors } from './error-replies.ts';
import { servePages } from './pages.ts';
import { annotationRoutes } from './routes/annotation.ts';
import { annotationPictureRoutes } from './routes/annotation-pictures.ts';
import { automlRoutes } from './routes/automl.ts';
import { datasetLabelRoutes } from './routes/dataset-labels.ts';
import { datasetRoutes } from './routes/datasets.ts';
import { eventRoutes } from './routes/events.ts';
import { experimentRoutes } from './routes/experiments.ts';
import { groupRoutes } from './routes/groups.ts';
import { healthRoutes } from './routes/health.ts';
import { hpoRoutes } from './routes/hpo.ts';
import { inferenceRoutes } from './routes/inferences.ts';
import { jobRoutes } from './routes/jobs.ts';
import { kioskRoutes } from './routes/kiosk.ts';
import { modelRoutes } from './routes/models.ts';
import { notificationRoutes } from './routes/notifications.ts';
import { peopleRoutes } from './routes/people.ts';
import { preflightRoutes } from './routes/preflights.ts';
import { preprocessRoutes } from './routes/preprocess.ts';
import { presetRoutes } from './routes/presets.ts';
import { projectRoutes } from './routes/projects.ts';
import { tableRoutes } from './routes/tables.ts';
import { templateRoutes } from './routes/templates.ts';
import { uploadRoutes } from './routes/uploads.ts';
import { weightsRoutes } from './routes/weights.ts';
import { compileSerializer } from './serialization.ts';
import type { Studio } from './studio.ts';
import { compileValidator } from './validation.ts';

const MAX_BODY_BYTES = 256 * 1024;

export interface AppOptions {
  studio: Studio;
  config: Config;
  /** Folder of the browser application. */
  pages: string;
  log: { write(line: string): void };
}

export async function buildApp({ studio, config, pages, log }: AppOptions): Promise<FastifyInstance> {
  const app = Fastify({
    logger: { level: config.log.level, stream: log },
    // One line a request, written below, instead of two.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: config.server.trust_proxy,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 500 },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(compileSerializer);
  answerErrors(app);

  await app.register(cookie);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // The box speaks plain HTTP on the factory's network unless a proxy adds TLS; these would only make browsers complain.
    strictTransportSecurity: false,
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
  await app.register(rateLimit, {
    global: false,
    errorResponseBuilder: (_request, { ttl }) => new StudioError('too_many_requests', { seconds: Math.ceil(ttl / 1000) }),
  });

  guardRoutes(app, studio, { origins: config.server.origins, language: config.server.language });
  app.addHook('onSend', async (request, reply) => {
    if (request.url.startsWith('/api/') && !reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) => {
    const quiet = reply.statusCode < 400 && (request.method === 'GET' || request.method === 'HEAD');
    const line = {
      method: request.method,
      url: request.url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      user: request.person?.userId,
      from: request.ip,
    };
    if (quiet) request.log.debug(line, 'request');
    else request.log.info(line, 'request');
  });

  describeApi(app, studio.version);
  await app.register(healthRoutes(studio));
  await app.register(peopleRoutes(studio, { ...config.session }));
  await app.register(groupRoutes(studio));
  await app.register(projectRoutes(studio));
  await app.register(uploadRoutes(studio));
  await app.register(datasetRoutes(studio));
  await app.register(tableRoutes(studio));
  await app.register(datasetLabelRoutes(studio));
  await app.register(experimentRoutes(studio));
  await app.register(automlRoutes(studio));
  await app.register(hpoRoutes(studio));
  await app.register(preflightRoutes(studio));
  await app.register(presetRoutes(studio));
  await app.register(preprocessRoutes(studio));
  await app.register(templateRoutes(studio));
  await app.register(modelRoutes(studio));
  await app.register(weightsRoutes(studio));
  await app.register(inferenceRoutes(studio));
  await app.register(annotationRoutes(studio));
  await app.register(annotationPictureRoutes(studio));
  await app.register(kioskRoutes(studio, config.session));
  await app.register(jobRoutes(studio));
  await app.register(notificationRoutes(studio));
  await app.register(eventRoutes(studio));
  await servePages(app, pages);
  return app;
}
